// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The weight and the limits of a cgroup together with the cgroups below it. A nil limit means none at this level; the
/// cgroups above and below still have theirs.
public struct CgroupShare: Hashable, Sendable {
    /// The share of CPU time, relative to the weights of the sibling cgroups: 1 to 10,000.
    public var weight: Int
    /// Bytes of memory.
    public var memoryBytes: Int?
    /// Microseconds of CPU time in each period of 100 ms.
    public var cpuQuotaMicroseconds: Int?
    /// Processes and threads.
    public var processes: Int?

    /// A share with these values; the default is the kernel's weight without limits.
    public init(
        weight: Int = 100, memoryBytes: Int? = nil, cpuQuotaMicroseconds: Int? = nil, processes: Int? = nil
    ) {
        self.weight = weight
        self.memoryBytes = memoryBytes
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.processes = processes
    }

    /// The share of processes that serve all tenants. They use little CPU time and get it before any tenant.
    public static let platform = CgroupShare(weight: 1000)
}

extension CgroupTree {
    /// Sets the weight and the limits of a cgroup. A nil limit removes the old one.
    ///
    /// - Throws: `SystemError`. Some of the values can be set then.
    public func setShare(_ share: CgroupShare, of name: String) throws(SystemError) {
        try setWeight(share.weight, of: name)
        try write(.pids, name, "pids.max", share.processes.map(String.init) ?? "max")
        let quota = share.cpuQuotaMicroseconds.map(String.init)
        if layout.isUnified(.cpu) {
            try write(.cpu, name, "cpu.max", "\(quota ?? "max") \(CgroupLimits.cpuPeriodMicroseconds)")
        } else {
            try write(.cpu, name, "cpu.cfs_quota_us", quota ?? "-1")
        }
        let memory = share.memoryBytes.map(String.init)
        if layout.isUnified(.memory) {
            try write(.memory, name, "memory.max", memory ?? "max")
        } else {
            try write(.memory, name, "memory.limit_in_bytes", memory ?? "-1")
        }
    }

    /// Sets the share of CPU time that a cgroup gets relative to its siblings: `cpu.weight`, 100 by default, or
    /// `cpu.shares`, 1,024 by default (cgroup-v2.rst; sched-design-CFS.rst).
    public func setWeight(_ weight: Int, of name: String) throws(SystemError) {
        if layout.isUnified(.cpu) {
            try write(.cpu, name, "cpu.weight", String(weight))
        } else {
            try write(.cpu, name, "cpu.shares", String(max(2, weight * 1024 / 100)))
        }
    }

    /// Limits the number of processes in a cgroup and the cgroups below it.
    public func limitProcesses(_ count: Int, of name: String) throws(SystemError) {
        try write(.pids, name, "pids.max", String(count))
    }

    private func write(
        _ controller: CgroupController, _ name: String, _ file: String, _ value: String
    ) throws(SystemError) {
        try files.write("\(directory(controller, name))/\(file)", value)
    }
}
