// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension CgroupView {
    /// A copy of a cgroup file, by its path below the directory of copies.
    public struct Copy: Hashable, Sendable {
        public let path: String
        public let text: String
    }

    /// The directories that the copies are in, one for each hierarchy, named by its position.
    public var copyDirectories: [String] { hierarchies.indices.map(String.init) }

    /// Copies of the limits, as the kernel would show them in the run's cgroup. What changes while a run goes on, such as its
    /// use of memory, has no copy: a number that stands still would mislead.
    ///
    /// The other values are the kernel's defaults and what `CgroupTree.limit` sets for every run.
    public func copies(of limits: CgroupLimits) -> [Copy] {
        hierarchies.enumerated().flatMap { index, hierarchy in
            Self.files(of: hierarchy, limits).map { Copy(path: "\(index)/\($0)", text: $1 + "\n") }
        }
    }

    private static func files(of hierarchy: String, _ limits: CgroupLimits) -> [(String, String)] {
        if hierarchy == unified { return unifiedFiles(limits) }
        let controllers = hierarchy.split(separator: ",")
        return (controllers.contains("memory") ? memoryFiles(limits) : [])
            + (controllers.contains("cpu") ? cpuFiles(limits) : [])
    }

    private static func unifiedFiles(_ limits: CgroupLimits) -> [(String, String)] {
        [
            ("cgroup.controllers", "cpu memory pids"),
            ("cpu.max", "\(limits.cpuQuotaMicroseconds) \(CgroupLimits.cpuPeriodMicroseconds)"),
            ("cpu.weight", "100"),
            ("memory.high", "max"), ("memory.low", "0"), ("memory.max", String(limits.memoryInPages)),
            ("memory.min", "0"), ("memory.swap.max", "0"),
            ("pids.max", String(limits.processes)),
        ]
    }

    private static func memoryFiles(_ limits: CgroupLimits) -> [(String, String)] {
        let bytes = String(limits.memoryInPages)
        return [
            ("memory.limit_in_bytes", bytes), ("memory.memsw.limit_in_bytes", bytes),
            // `PAGE_COUNTER_MAX` in bytes (include/linux/page_counter.h): no limit.
            ("memory.soft_limit_in_bytes", "9223372036854771712"),
            ("memory.swappiness", "0"), ("memory.use_hierarchy", "1"),
        ]
    }

    private static func cpuFiles(_ limits: CgroupLimits) -> [(String, String)] {
        [
            ("cpu.cfs_period_us", String(CgroupLimits.cpuPeriodMicroseconds)),
            ("cpu.cfs_quota_us", String(limits.cpuQuotaMicroseconds)),
            ("cpu.shares", "1024"),
        ]
    }
}
