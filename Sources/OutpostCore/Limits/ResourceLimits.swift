// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a run may use. Every field is a real bound: no value means unlimited.
public struct ResourceLimits: Hashable, Sendable {
    /// MiB, everything the run touches: anonymous memory, page cache that cannot be dropped, tmpfs, kernel memory.
    public var memoryMiB: Int
    /// Cores' worth of CPU time per wall time; 0.5 is half a core.
    public var cpuCores: Double
    /// Wall time of the program in milliseconds, on a clock that no one can set.
    public var timeoutMilliseconds: Int
    /// MiB that the writable file system may hold.
    public var diskMiB: Int
    /// Processes and threads at one time.
    public var maxProcesses: Int
    /// Bytes kept of each of stdout and stderr.
    public var maxOutputBytes: Int
    /// MiB to which the main thread's stack grows unless the program raises that; nil for what is usual.
    public var stackMiB: Int?
    /// The largest file that may be written; nil for as much as the disk holds.
    public var maxFileBytes: Int?

    public init(
        memoryMiB: Int, cpuCores: Double, timeoutMilliseconds: Int, diskMiB: Int, maxProcesses: Int,
        maxOutputBytes: Int, stackMiB: Int? = nil, maxFileBytes: Int? = nil
    ) {
        self.stackMiB = stackMiB
        self.maxFileBytes = maxFileBytes
        self.memoryMiB = memoryMiB
        self.cpuCores = cpuCores
        self.timeoutMilliseconds = timeoutMilliseconds
        self.diskMiB = diskMiB
        self.maxProcesses = maxProcesses
        self.maxOutputBytes = maxOutputBytes
    }

    /// Whether one of them is set in a process when it starts, so that one which has started cannot be given it.
    public var areOfProcess: Bool { stackMiB != nil || maxFileBytes != nil }

    /// The stack of a program that names none, as on any Linux.
    public static let ordinaryStackMiB = 8

    /// What a sandbox gets when its creator names no limits.
    public static let shippedDefaults = ResourceLimits(
        memoryMiB: 512, cpuCores: 1, timeoutMilliseconds: 30_000, diskMiB: 1024, maxProcesses: 128,
        maxOutputBytes: 1 << 20)
}

/// The limits that a request names; nil fields take the sandbox's or the configuration's value.
public struct ResourceLimitsRequest: Hashable, Sendable {
    public var memoryMiB: Int?
    public var cpuCores: Double?
    public var timeoutMilliseconds: Int?
    public var diskMiB: Int?
    public var maxProcesses: Int?
    public var maxOutputBytes: Int?
    public var stackMiB: Int?
    public var maxFileBytes: Int?

    public init(
        memoryMiB: Int? = nil, cpuCores: Double? = nil, timeoutMilliseconds: Int? = nil, diskMiB: Int? = nil,
        maxProcesses: Int? = nil, maxOutputBytes: Int? = nil, stackMiB: Int? = nil, maxFileBytes: Int? = nil
    ) {
        self.stackMiB = stackMiB
        self.maxFileBytes = maxFileBytes
        self.memoryMiB = memoryMiB
        self.cpuCores = cpuCores
        self.timeoutMilliseconds = timeoutMilliseconds
        self.diskMiB = diskMiB
        self.maxProcesses = maxProcesses
        self.maxOutputBytes = maxOutputBytes
    }

    /// `base` with the named fields replaced.
    public func applied(to base: ResourceLimits) -> ResourceLimits {
        ResourceLimits(
            memoryMiB: memoryMiB ?? base.memoryMiB, cpuCores: cpuCores ?? base.cpuCores,
            timeoutMilliseconds: timeoutMilliseconds ?? base.timeoutMilliseconds, diskMiB: diskMiB ?? base.diskMiB,
            maxProcesses: maxProcesses ?? base.maxProcesses, maxOutputBytes: maxOutputBytes ?? base.maxOutputBytes,
            stackMiB: stackMiB ?? base.stackMiB, maxFileBytes: maxFileBytes ?? base.maxFileBytes)
    }
}
