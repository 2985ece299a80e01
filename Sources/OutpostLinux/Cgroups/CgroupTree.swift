// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The cgroups of one server: `BASE/NAME` in every hierarchy that a run joins. A name can be a path of several levels.
///
/// The name of the base depends on the data directory. A server therefore finds the cgroups that an earlier, killed server
/// left behind.
public struct CgroupTree<Files: CgroupFiles>: Sendable {
    /// The hierarchies of the host.
    public let layout: CgroupLayout
    /// The name of the base below each mount point, such as `outpost-1f2e3d4c`.
    public let base: String
    /// Access to the hierarchies.
    public let files: Files

    /// A tree with this base. Makes no cgroup; `prepare` does.
    public init(layout: CgroupLayout, base: String, files: Files) {
        self.layout = layout
        self.base = base
        self.files = files
    }

    /// The directory of the cgroup `name` in the hierarchy mounted at `mount`. An empty name is the base.
    public func path(_ mount: String, _ name: String) -> String {
        name.isEmpty ? "\(mount)/\(base)" : "\(mount)/\(base)/\(name)"
    }

    /// Makes the base in every hierarchy and enables the controllers in it.
    ///
    /// - Throws: `SystemError`: ENOTSUP when neither version has a controller; EBUSY when version 2 cannot delegate
    ///   controllers because an inner cgroup has processes (cgroups(7), "no internal processes").
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

    /// Makes a cgroup without limits, unless it exists.
    public func make(_ name: String) throws(SystemError) {
        for mount in layout.hierarchies where !files.exists(path(mount, name)) {
            try files.makeDirectory(path(mount, name))
        }
    }

    /// Makes a cgroup that holds other cgroups. No process can join it with version 2 (cgroups(7), "no internal processes").
    public func makeBranch(_ name: String) throws(SystemError) {
        try make(name)
        if let unified = layout.unified { try enableControllers(at: path(unified, name)) }
    }

    /// Makes a cgroup without limits and moves the calling process into it.
    public func enter(_ name: String) throws(SystemError) {
        try make(name)
        for mount in layout.hierarchies { try files.write("\(path(mount, name))/cgroup.procs", "0") }
    }

    /// The names of all cgroups below `name` in any hierarchy; below the base when `name` is empty. Children come before
    /// their parents, so the cgroups can be removed in this order.
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

    /// Removes one cgroup from every hierarchy. A missing cgroup is no error.
    ///
    /// - Throws: `SystemError`: EBUSY while the cgroup has a process, also a dying one.
    public func remove(_ name: String) throws(SystemError) {
        for mount in layout.hierarchies {
            do throws(SystemError) {
                try files.removeDirectory(path(mount, name))
            } catch {
                if error.number != SystemError.notFound { throw error }
            }
        }
    }

    /// Removes the base from every hierarchy. The cgroups below it must be removed before.
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
