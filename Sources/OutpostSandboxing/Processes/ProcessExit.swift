// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a process ended and what it used.
public struct ProcessExit: Hashable, Sendable {
    /// How a process ended.
    public enum End: Hashable, Sendable {
        case exited(Int32)
        /// The value is the signal's number.
        case signalled(Int32)
        /// The process could not be started.
        case refused(StartFailure)
        /// The sandbox ended first. How the process ended is unknown.
        case lost
    }

    /// Who measured the usage.
    public enum Measurer: String, Hashable, Sendable, CaseIterable {
        /// The host. Nobody in the sandbox can falsify this.
        case host
        /// The sandbox's own kernel or agent.
        case guest
    }

    /// How the process ended.
    public var end: End
    /// Whether the process was killed because it and its descendants needed more memory than allowed.
    public var isOutOfMemory: Bool
    /// What the process used. Nil when unknown.
    public var usage: ProcessUsage?
    /// Whether a killed process of the run has not ended yet. Then the server gives up the sandbox, and `usage` does
    /// not include the later usage.
    public var isLeft: Bool
    /// Who measured `usage`.
    public var measuredBy: Measurer

    /// Creates an exit.
    public init(
        _ end: End, isOutOfMemory: Bool = false, usage: ProcessUsage? = ProcessUsage(), isLeft: Bool = false,
        measuredBy: Measurer = .host
    ) {
        self.end = end
        self.isOutOfMemory = isOutOfMemory
        self.usage = usage
        self.isLeft = isLeft
        self.measuredBy = measuredBy
    }
}

/// Why a process could not be started.
public struct StartFailure: Hashable, Sendable {
    /// The step that failed.
    public enum Stage: Hashable, Sendable {
        /// A file could not be written. The position counts `files` and then `fileRegions` of the program.
        case file(position: Int)
        /// The working directory could not be entered.
        case directory
        /// The program could not be executed.
        case execute
        /// Any other step. The client did not cause it.
        case setup
    }

    /// The step that failed.
    public var stage: Stage
    /// The number of errno(3).
    public var errno: Int32
    /// The operation that failed.
    public var detail: String

    /// Creates a failure.
    public init(_ stage: Stage, errno: Int32, detail: String = "") {
        self.stage = stage
        self.errno = errno
        self.detail = detail
    }
}

/// What a process and its descendants used.
public struct ProcessUsage: Hashable, Sendable {
    /// The processor time.
    public var cpuMicroseconds: UInt64
    /// The highest memory use, with files in memory.
    public var memoryPeakBytes: UInt64
    /// The files in memory at the end.
    public var fileBytes: UInt64
    /// The number of processes that the kernel killed because the memory was full.
    public var memoryKills: UInt64
    /// The free space on the sandbox's disk. Nil when unknown.
    public var freeBytes: UInt64?
    /// The free inodes on the sandbox's disk. Nil when unknown.
    public var freeFiles: UInt64?

    /// Creates a usage.
    public init(
        cpuMicroseconds: UInt64 = 0, memoryPeakBytes: UInt64 = 0, fileBytes: UInt64 = 0, memoryKills: UInt64 = 0,
        freeBytes: UInt64? = nil, freeFiles: UInt64? = nil
    ) {
        self.cpuMicroseconds = cpuMicroseconds
        self.memoryPeakBytes = memoryPeakBytes
        self.fileBytes = fileBytes
        self.memoryKills = memoryKills
        self.freeBytes = freeBytes
        self.freeFiles = freeFiles
    }
}
