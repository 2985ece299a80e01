// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a sandbox has used, and what it uses now.
public struct SandboxUsage: Hashable, Sendable {
    /// User and system time of its programs.
    public var cpuMicroseconds: Int
    /// The time in which its programs had used up their CPU quota and waited for the next period.
    public var throttledMicroseconds: Int
    /// The memory that it takes now, with files in memory.
    public var memoryBytes: Int
    /// The largest peak of one run.
    public var memoryPeakBytes: Int
    /// Processes and threads now.
    public var processes: Int
    /// Bytes that are used on its disk. The files of its snapshots do not count.
    public var diskUsedBytes: Int
    /// Files and folders on its disk, and those that the file system has from the start.
    public var diskUsedFiles: Int

    public init(
        cpuMicroseconds: Int = 0, throttledMicroseconds: Int = 0, memoryBytes: Int = 0, memoryPeakBytes: Int = 0,
        processes: Int = 0, diskUsedBytes: Int = 0, diskUsedFiles: Int = 0
    ) {
        self.cpuMicroseconds = cpuMicroseconds
        self.throttledMicroseconds = throttledMicroseconds
        self.memoryBytes = memoryBytes
        self.memoryPeakBytes = memoryPeakBytes
        self.processes = processes
        self.diskUsedBytes = diskUsedBytes
        self.diskUsedFiles = diskUsedFiles
    }

    /// Adds what an earlier instance of the sandbox has used.
    public mutating func add(earlier: SandboxUsage) {
        cpuMicroseconds += earlier.cpuMicroseconds
        throttledMicroseconds += earlier.throttledMicroseconds
        memoryPeakBytes = max(memoryPeakBytes, earlier.memoryPeakBytes)
    }
}
