// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a kernel does now.
public enum KernelStatus: String, Sendable, CaseIterable {
    /// Its program starts.
    case starting
    /// It waits for code.
    case idle
    /// It runs code, completes or inspects.
    case busy
    /// Its program has ended. The kernel can be restarted or deleted.
    case dead
}

/// Why the program of a kernel ended.
public enum KernelCause: String, Sendable, CaseIterable {
    /// It exited by itself.
    case exited
    /// A signal that the platform did not send killed it.
    case signalled
    /// It was killed because the memory limit was reached.
    case outOfMemory = "out_of_memory"
    /// It was killed because its code did not end when it was interrupted.
    case timedOut = "timed_out"
    /// It was killed because it sent something that is not in the protocol.
    case protocolError = "protocol_error"
    /// It did not become ready.
    case notStarted = "not_started"
    /// The sandbox ended first.
    case sandboxEnded = "sandbox_ended"
}

/// How the program of a kernel ended.
public struct KernelEnd: Hashable, Sendable {
    public var cause: KernelCause
    /// Nil unless it exited.
    public var exitCode: Int?
    /// The name of the signal that ended it, such as `SIGKILL`; nil without one.
    public var signal: String?
    /// For the caller.
    public var message: String
    public var memoryPeakBytes: Int

    public init(
        _ cause: KernelCause, exitCode: Int? = nil, signal: String? = nil, message: String, memoryPeakBytes: Int = 0
    ) {
        self.cause = cause
        self.exitCode = exitCode
        self.signal = signal
        self.message = message
        self.memoryPeakBytes = memoryPeakBytes
    }
}

/// A kernel of a sandbox: a program that runs code and keeps its variables.
public struct SandboxKernel: Hashable, Sendable {
    public let id: ContextID
    public let sandboxID: SandboxID
    public let language: String
    public let workingDirectory: String
    public var status: KernelStatus
    /// How its program ended; nil unless it is dead.
    public var end: KernelEnd?
    /// What runs the code, such as `ipython 8.5.0`. Nil before the first start.
    public var implementation: String?
    /// The version of the language. Nil before the first start.
    public var version: String?
    /// The number of the last code since the last start.
    public var executionCount: Int
    /// How often its program was started again.
    public var restarts: Int
    public let createdAt: Timestamp
    public var lastUsedAt: Timestamp

    public init(
        id: ContextID, sandboxID: SandboxID, language: String, workingDirectory: String,
        status: KernelStatus = .starting, end: KernelEnd? = nil, implementation: String? = nil, version: String? = nil,
        executionCount: Int = 0, restarts: Int = 0, createdAt: Timestamp, lastUsedAt: Timestamp
    ) {
        self.id = id
        self.sandboxID = sandboxID
        self.language = language
        self.workingDirectory = workingDirectory
        self.status = status
        self.end = end
        self.implementation = implementation
        self.version = version
        self.executionCount = executionCount
        self.restarts = restarts
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
    }
}
