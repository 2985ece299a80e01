// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A cgroup controller that Outpost needs. The raw value is the kernel's name for it.
public enum CgroupController: String, CaseIterable, Sendable {
    case memory, cpu, pids
}

/// The mount points of the host's cgroup hierarchies, and the controllers of each (cgroups(7)).
public struct CgroupLayout: Hashable, Sendable {
    /// Which cgroup versions the host uses.
    public enum Mode: String, Sendable {
        /// One version 2 hierarchy has all controllers.
        case unified
        /// There is a version 2 hierarchy, but version 1 has at least one controller.
        case hybrid
        /// Version 1 only.
        case legacy
    }

    /// Mount point of the version 2 hierarchy; nil without one.
    public var unified: String?
    /// The controllers in the root's `cgroup.controllers` of version 2.
    public var unifiedControllers: Set<String>
    /// Mount points of the version 1 hierarchies, by controller.
    public var legacy: [String: String]

    /// A layout with these values.
    public init(unified: String?, unifiedControllers: Set<String>, legacy: [String: String]) {
        self.unified = unified
        self.unifiedControllers = unifiedControllers
        self.legacy = legacy
    }

    /// Which cgroup versions the host uses.
    public var mode: Mode {
        guard unified != nil else { return .legacy }
        return CgroupController.allCases.allSatisfy { isUnified($0) } ? .unified : .hybrid
    }

    /// Whether the version 2 hierarchy limits this resource.
    public func isUnified(_ controller: CgroupController) -> Bool {
        unified != nil && unifiedControllers.contains(controller.rawValue)
    }

    /// The controllers that neither version has. The server refuses to start with any, because their limits would have no
    /// effect.
    public var missing: [CgroupController] {
        CgroupController.allCases.filter { !isUnified($0) && legacy[$0.rawValue] == nil }
    }

    /// The mount points of the hierarchies that a run joins, without duplicates. Version 2 comes first: once a run has
    /// joined it, `cgroup.kill` reaches the run.
    public var hierarchies: [String] {
        var result = unified.map { [$0] } ?? []
        for controller in CgroupController.allCases where !isUnified(controller) {
            if let path = legacy[controller.rawValue], !result.contains(path) { result.append(path) }
        }
        // Without version 2, only a freeze stops processes that fork faster than they are signalled.
        if unified == nil, let freezer = legacy["freezer"], !result.contains(freezer) { result.append(freezer) }
        // Version 2 counts CPU time in every cgroup. Version 1 has a controller for that, sometimes mounted alone.
        if unified == nil, let accounting = legacy["cpuacct"], !result.contains(accounting) {
            result.append(accounting)
        }
        return result
    }

    /// Returns the layout that `mountInfo` (proc_pid_mountinfo(5)) describes.
    ///
    /// - Parameter controllers: reads `cgroup.controllers` below the mount point of version 2.
    public static func parse(mountInfo: String, controllers: (String) -> String) -> CgroupLayout {
        var layout = CgroupLayout(unified: nil, unifiedControllers: [], legacy: [:])
        for line in mountInfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 4 else { continue }
            let point = String(fields[4])
            switch fields[dash + 1] {
            case "cgroup2" where layout.unified == nil:
                layout.unified = point
                layout.unifiedControllers = Set(
                    controllers(point).split(whereSeparator: \.isWhitespace).map(String.init))
            case "cgroup":
                for option in fields[dash + 3].split(separator: ",") where layout.legacy[String(option)] == nil {
                    layout.legacy[String(option)] = point
                }
            default: continue
            }
        }
        return layout
    }

    /// Returns the layout of this process's mount namespace.
    ///
    /// - Throws: `SystemError` if the mounts cannot be read.
    public static func detect() throws(SystemError) -> CgroupLayout {
        let text = try readText("/proc/self/mountinfo")
        return parse(mountInfo: text) { point in
            // If the list cannot be read, version 2 counts as without controllers, and `missing` reports them.
            (try? readText("\(point)/cgroup.controllers")) ?? ""
        }
    }
}
