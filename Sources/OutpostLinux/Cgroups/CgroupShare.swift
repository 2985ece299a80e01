// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a cgroup with all that is below it may use.
public struct CgroupShare: Hashable, Sendable {
    /// Of the processor, in proportion to the weights beside it: 1 to 10,000.
    public var weight: Int
    /// Nil where nothing but the cgroups below and above bound it.
    public var memoryBytes: Int?
    /// Microseconds of processor time in each period of 100 ms.
    public var cpuQuotaMicroseconds: Int?
    public var processes: Int?

    public init(
        weight: Int = 100, memoryBytes: Int? = nil, cpuQuotaMicroseconds: Int? = nil, processes: Int? = nil
    ) {
        self.weight = weight
        self.memoryBytes = memoryBytes
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.processes = processes
    }

    /// What serves every tenant goes before each of them, and uses little.
    public static let platform = CgroupShare(weight: 1000)
}

extension CgroupTree {
    /// Sets what a cgroup and all below it may use; what is nil is lifted.
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

    /// Sets how much of the processor a cgroup gets beside its siblings: `cpu.weight`, 100 by default, or `cpu.shares`,
    /// 1,024 by default (cgroup-v2.rst; sched-design-CFS.rst).
    public func setWeight(_ weight: Int, of name: String) throws(SystemError) {
        if layout.isUnified(.cpu) {
            try write(.cpu, name, "cpu.weight", String(weight))
        } else {
            try write(.cpu, name, "cpu.shares", String(max(2, weight * 1024 / 100)))
        }
    }

    /// Bounds how many processes there are in a cgroup and all below it.
    public func limitProcesses(_ count: Int, of name: String) throws(SystemError) {
        try write(.pids, name, "pids.max", String(count))
    }

    private func write(
        _ controller: CgroupController, _ name: String, _ file: String, _ value: String
    ) throws(SystemError) {
        try files.write("\(directory(controller, name))/\(file)", value)
    }
}
