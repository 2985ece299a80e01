// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The cgroups of one server: `BASE/NAME` in every hierarchy that a run joins.
///
/// The base is named after the data directory, so that a server finds what its killed predecessor left by name alone.
public struct CgroupTree<Files: CgroupFiles>: Sendable {
    public let layout: CgroupLayout
    /// Below each mount point, `outpost-1f2e3d4c`.
    public let base: String
    public let files: Files

    public init(layout: CgroupLayout, base: String, files: Files) {
        self.layout = layout
        self.base = base
        self.files = files
    }

    /// The directory of `name` in the hierarchy mounted at `mount`.
    public func path(_ mount: String, _ name: String) -> String { "\(mount)/\(base)/\(name)" }

    /// Makes the base in every hierarchy and hands the controllers down to it.
    ///
    /// - Throws: `SystemError`; ENOTSUP when a controller is nowhere, EBUSY when version 2 may not delegate because
    ///   processes sit in an inner cgroup (cgroups(7), "no internal processes").
    public func prepare() throws(SystemError) {
        if let missing = layout.missing.first {
            throw SystemError("find the cgroup controller", path: missing.rawValue, number: 95)
        }
        for mount in layout.hierarchies {
            if mount == layout.unified { try enableControllers(at: mount) }
            if !files.exists("\(mount)/\(base)") { try files.makeDirectory("\(mount)/\(base)") }
            if mount == layout.unified { try enableControllers(at: "\(mount)/\(base)") }
        }
    }

    private func enableControllers(at path: String) throws(SystemError) {
        let wanted = CgroupController.allCases.filter { layout.isUnified($0) }.map { "+\($0.rawValue)" }
        if !wanted.isEmpty {
            try files.write("\(path)/cgroup.subtree_control", wanted.joined(separator: " "))
        }
    }

    /// Makes a cgroup without limits and moves the calling process into it.
    public func enter(_ name: String) throws(SystemError) {
        for mount in layout.hierarchies {
            let directory = path(mount, name)
            if !files.exists(directory) { try files.makeDirectory(directory) }
            try files.write("\(directory)/cgroup.procs", "0")
        }
    }

    /// The names below the base, from every hierarchy.
    public func names() throws(SystemError) -> [String] {
        var result: Set<String> = []
        for mount in layout.hierarchies where files.exists("\(mount)/\(base)") {
            result.formUnion(try files.directories(in: "\(mount)/\(base)"))
        }
        return result.sorted()
    }

    /// Removes one cgroup everywhere; one that is gone is fine.
    ///
    /// - Throws: `SystemError`, EBUSY while a dying process is still counted.
    public func remove(_ name: String) throws(SystemError) {
        for mount in layout.hierarchies {
            do throws(SystemError) {
                try files.removeDirectory(path(mount, name))
            } catch {
                if error.number != SystemError.notFound { throw error }
            }
        }
    }

    /// Removes the base everywhere; every cgroup below it must be gone.
    public func removeBase() throws(SystemError) {
        for mount in layout.hierarchies {
            do throws(SystemError) {
                try files.removeDirectory("\(mount)/\(base)")
            } catch {
                if error.number != SystemError.notFound { throw error }
            }
        }
    }
}
