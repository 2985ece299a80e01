// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A resource that the kernel limits by cgroup.
public enum CgroupController: String, CaseIterable, Sendable {
    case memory, cpu, pids
}

/// Where this host's cgroup hierarchies are mounted, and which of them holds which controller (cgroups(7)).
public struct CgroupLayout: Hashable, Sendable {
    /// How the host is set up.
    public enum Mode: String, Sendable {
        /// Everything in one version 2 hierarchy.
        case unified
        /// Limits in version 1, a version 2 hierarchy beside them.
        case hybrid
        /// Version 1 only.
        case legacy
    }

    /// Mount point of the version 2 hierarchy.
    public var unified: String?
    /// Controllers that version 2 offers at its root.
    public var unifiedControllers: Set<String>
    /// Mount points of the version 1 hierarchies by controller.
    public var legacy: [String: String]

    public init(unified: String?, unifiedControllers: Set<String>, legacy: [String: String]) {
        self.unified = unified
        self.unifiedControllers = unifiedControllers
        self.legacy = legacy
    }

    public var mode: Mode {
        guard unified != nil else { return .legacy }
        return CgroupController.allCases.allSatisfy { isUnified($0) } ? .unified : .hybrid
    }

    /// Whether the version 2 hierarchy limits this resource.
    public func isUnified(_ controller: CgroupController) -> Bool {
        unified != nil && unifiedControllers.contains(controller.rawValue)
    }

    /// Controllers that neither version offers: a start-up error, since a limit would silently not hold.
    public var missing: [CgroupController] {
        CgroupController.allCases.filter { !isUnified($0) && legacy[$0.rawValue] == nil }
    }

    /// The hierarchies that a run joins, each once: version 2 first, so that it can be killed as soon as it is somewhere.
    public var hierarchies: [String] {
        var result = unified.map { [$0] } ?? []
        for controller in CgroupController.allCases where !isUnified(controller) {
            if let path = legacy[controller.rawValue], !result.contains(path) { result.append(path) }
        }
        // Without version 2, freezing is the only way to kill a tree that forks faster than it is signalled.
        if unified == nil, let freezer = legacy["freezer"], !result.contains(freezer) { result.append(freezer) }
        // Version 2 counts CPU time in every cgroup; version 1 has a controller for it, sometimes mounted alone.
        if unified == nil, let accounting = legacy["cpuacct"], !result.contains(accounting) {
            result.append(accounting)
        }
        return result
    }

    /// The layout that `mountInfo` (proc_pid_mountinfo(5)) describes.
    ///
    /// - Parameter controllers: reads `cgroup.controllers` below a version 2 mount point.
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

    /// The layout of this process's mount namespace.
    public static func detect() throws(SystemError) -> CgroupLayout {
        let text = try readText("/proc/self/mountinfo")
        return parse(mountInfo: text) { point in
            // A version 2 mount whose list cannot be read offers nothing; `missing` reports it.
            (try? readText("\(point)/cgroup.controllers")) ?? ""
        }
    }
}
