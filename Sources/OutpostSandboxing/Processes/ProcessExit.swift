// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a process ended, and what it used.
public struct ProcessExit: Hashable, Sendable {
    public enum End: Hashable, Sendable {
        case exited(Int32)
        /// By the signal of this number.
        case signalled(Int32)
        /// It could not be started.
        case refused(StartFailure)
        /// Its sandbox ended, and it with that; how is not known.
        case lost
    }

    /// Who counted what it used.
    public enum Measurer: String, Hashable, Sendable, CaseIterable {
        /// The host, which nobody in the sandbox can deceive.
        case host
        /// The sandbox's own kernel or agent.
        case guest
    }

    public var end: End
    /// Whether it was killed because it, with all that came from it, needed more memory than it may have.
    public var isOutOfMemory: Bool
    /// Nil when nobody knows.
    public var usage: ProcessUsage?
    /// Whether something of it was killed and has not ended: its sandbox is given up then, and what that one uses from now on
    /// is not in `usage`.
    public var isLeft: Bool
    public var measuredBy: Measurer

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
    public enum Stage: Hashable, Sendable {
        /// A file could not be written: of the program's files, then its host files, the one at this position.
        case file(position: Int)
        /// Its working directory could not be entered.
        case directory
        /// The program could not be executed.
        case execute
        /// Anything else: not the client's doing.
        case setup
    }

    public var stage: Stage
    /// As errno(3) numbers it.
    public var errno: Int32
    /// What was tried.
    public var detail: String

    public init(_ stage: Stage, errno: Int32, detail: String = "") {
        self.stage = stage
        self.errno = errno
        self.detail = detail
    }
}

/// What a process, with all that came from it, used.
public struct ProcessUsage: Hashable, Sendable {
    public var cpuMicroseconds: UInt64
    /// Files in memory included.
    public var memoryPeakBytes: UInt64
    /// Files in memory when it was over.
    public var fileBytes: UInt64
    /// Processes that were killed because the memory was full.
    public var memoryKills: UInt64
    /// Left on the sandbox's disk; nil when nobody knows.
    public var freeBytes: UInt64?
    public var freeFiles: UInt64?

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
