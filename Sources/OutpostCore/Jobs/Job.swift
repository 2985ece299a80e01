// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The status of a job. A terminal status never changes.
public enum JobStatus: String, Sendable, CaseIterable {
    case queued, running, succeeded, failed, cancelled
    case timedOut = "timed_out"

    /// Whether the job has ended.
    public var isTerminal: Bool { self != .queued && self != .running }

    /// The status of a job whose run ended with `execution`.
    public init(_ execution: ExecutionStatus) {
        switch execution {
        case .succeeded: self = .succeeded
        case .timedOut: self = .timedOut
        case .cancelled: self = .cancelled
        case .failed, .compileFailed, .depsFailed, .outOfMemory, .diskFull, .sandboxError: self = .failed
        }
    }
}

/// Why a job has no result or only a part of it.
public struct JobError: Hashable, Sendable {
    public let code: ErrorCode
    /// Safe to show to the job's owner.
    public let message: String

    public init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// A run that waits in a queue on disk.
public struct Job: Hashable, Sendable {
    public let id: JobID
    public let namespace: NamespaceName
    /// The sandbox of the run. It is known from the submission on.
    public let sandboxID: SandboxID
    public var status: JobStatus
    /// The number of counted attempts. Each start of the program counts, except one that the server's stop ended.
    public var attempt: Int
    /// The most attempts.
    public let maxAttempts: Int
    /// Within a namespace, jobs with a higher priority run first.
    public let priority: Int
    /// The result of the last attempt; nil before the end, and always nil in lists.
    public var result: Execution?
    public var error: JobError?
    public let createdAt: Timestamp
    /// When the program was started last.
    public var startedAt: Timestamp?
    public var completedAt: Timestamp?
    /// When the store may delete the job; nil until it has ended.
    public var expiresAt: Timestamp?

    public init(
        id: JobID, namespace: NamespaceName, sandboxID: SandboxID, status: JobStatus = .queued, attempt: Int = 0,
        maxAttempts: Int = 1, priority: Int = 0, result: Execution? = nil, error: JobError? = nil,
        createdAt: Timestamp, startedAt: Timestamp? = nil, completedAt: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.namespace = namespace
        self.sandboxID = sandboxID
        self.status = status
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.priority = priority
        self.result = result
        self.error = error
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.expiresAt = expiresAt
    }
}

/// The output of a job's program so far.
public struct JobLogs: Hashable, Sendable {
    public var id: JobID
    public var status: JobStatus
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput

    public init(id: JobID, status: JobStatus, stdout: CapturedOutput = .init(), stderr: CapturedOutput = .init()) {
        self.id = id
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
    }
}
