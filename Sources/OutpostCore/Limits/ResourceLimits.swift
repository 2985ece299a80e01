// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The limits of one run. No value of a field means "unlimited".
public struct ResourceLimits: Hashable, Sendable {
    /// MiB of all memory of the run: anonymous memory, page cache that cannot be dropped, tmpfs, kernel memory.
    public var memoryMiB: Int
    /// CPU time per wall time, in cores; 0.5 is half a core.
    public var cpuCores: Double
    /// Wall time of the program in milliseconds, on a clock that nobody can set.
    public var timeoutMilliseconds: Int
    /// MiB of the writable file system.
    public var diskMiB: Int
    /// Processes and threads at one time.
    public var maxProcesses: Int
    /// Bytes kept of each of stdout and stderr.
    public var maxOutputBytes: Int
    /// MiB of the main thread's stack, which the program may raise; nil for `ordinaryStackMiB`.
    public var stackMiB: Int?
    /// Bytes of the largest file that the run may write; nil for the size of the disk.
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

    /// Whether a limit is set that a process gets only at its start. A process that already runs cannot get it.
    public var areOfProcess: Bool { stackMiB != nil || maxFileBytes != nil }

    /// MiB of the stack without a limit in the request. It is Linux's usual value.
    public static let ordinaryStackMiB = 8

    /// The limits of a sandbox when neither its creator nor the operator sets any.
    public static let shippedDefaults = ResourceLimits(
        memoryMiB: 512, cpuCores: 1, timeoutMilliseconds: 30_000, diskMiB: 1024, maxProcesses: 128,
        maxOutputBytes: 1 << 20)
}

/// The limits in a request. A nil field takes the value of the sandbox or of the configuration.
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

    /// `base` with the fields of this request in place of its own.
    public func applied(to base: ResourceLimits) -> ResourceLimits {
        ResourceLimits(
            memoryMiB: memoryMiB ?? base.memoryMiB, cpuCores: cpuCores ?? base.cpuCores,
            timeoutMilliseconds: timeoutMilliseconds ?? base.timeoutMilliseconds, diskMiB: diskMiB ?? base.diskMiB,
            maxProcesses: maxProcesses ?? base.maxProcesses, maxOutputBytes: maxOutputBytes ?? base.maxOutputBytes,
            stackMiB: stackMiB ?? base.stackMiB, maxFileBytes: maxFileBytes ?? base.maxFileBytes)
    }
}
