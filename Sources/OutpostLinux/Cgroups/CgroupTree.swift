// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The cgroups of one server: `BASE/NAME` in every hierarchy that a run joins. A name may be a path.
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

    /// The directory of `name` in the hierarchy mounted at `mount`; the base itself when it is empty.
    public func path(_ mount: String, _ name: String) -> String {
        name.isEmpty ? "\(mount)/\(base)" : "\(mount)/\(base)/\(name)"
    }

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

    /// Makes a cgroup without limits.
    public func make(_ name: String) throws(SystemError) {
        for mount in layout.hierarchies where !files.exists(path(mount, name)) {
            try files.makeDirectory(path(mount, name))
        }
    }

    /// Makes a cgroup for others to be made in, which no process may join itself (cgroups(7), "no internal processes").
    public func makeBranch(_ name: String) throws(SystemError) {
        try make(name)
        if let unified = layout.unified { try enableControllers(at: path(unified, name)) }
    }

    /// Makes a cgroup without limits and moves the calling process into it.
    public func enter(_ name: String) throws(SystemError) {
        try make(name)
        for mount in layout.hierarchies { try files.write("\(path(mount, name))/cgroup.procs", "0") }
    }

    /// The names of all that is below a cgroup, the base unless another is named, from every hierarchy; what is inside
    /// another comes before it, so that they can be removed in this order.
    public func names(below name: String = "") throws(SystemError) -> [String] {
        var children: Set<String> = []
        for mount in layout.hierarchies where files.exists(path(mount, name)) {
            children.formUnion(try files.directories(in: path(mount, name)))
        }
        var result: [String] = []
        for child in children.sorted() {
            let child = name.isEmpty ? child : "\(name)/\(child)"
            result += try names(below: child) + [child]
        }
        return result
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
