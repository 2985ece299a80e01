// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How far a job has come. A job has one terminal status, which never changes.
public enum JobStatus: String, Sendable, CaseIterable {
    case queued, running, succeeded, failed, cancelled
    case timedOut = "timed_out"

    public var isTerminal: Bool { self != .queued && self != .running }

    /// What a job has become whose program ended so.
    public init(_ execution: ExecutionStatus) {
        switch execution {
        case .succeeded: self = .succeeded
        case .timedOut: self = .timedOut
        case .cancelled: self = .cancelled
        case .failed, .compileFailed, .depsFailed, .outOfMemory, .diskFull, .sandboxError: self = .failed
        }
    }
}

/// Why a job has no result, or not all of it.
public struct JobError: Hashable, Sendable {
    public let code: ErrorCode
    /// Safe to show to the job's owner.
    public let message: String

    public init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// A program that was handed in to run when its turn comes.
public struct Job: Hashable, Sendable {
    public let id: JobID
    public let namespace: NamespaceName
    /// Where it runs or ran; known from the submission on.
    public let sandboxID: SandboxID
    public var status: JobStatus
    /// How often its program was started.
    public var attempt: Int
    /// How often its program may be started.
    public let maxAttempts: Int
    /// Jobs of the same namespace with a higher one go first.
    public let priority: Int
    /// Of the attempt that counts; in lists always nil.
    public var result: Execution?
    public var error: JobError?
    public let createdAt: Timestamp
    /// When its program was started the last time.
    public var startedAt: Timestamp?
    public var completedAt: Timestamp?
    /// When it is forgotten; nil until it has ended.
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
