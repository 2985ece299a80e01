// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A job to be kept.
public struct NewJob: Hashable, Sendable {
    public let id: JobID
    public let namespace: NamespaceName
    public let sandboxID: SandboxID
    /// Jobs of one concurrency key run one after another: the stateful sandbox whose turns they take. Nil for any order.
    public let concurrencyKey: SandboxID?
    public let priority: Int
    public let maxAttempts: Int
    public let callbackURL: String?
    public let createdAt: Timestamp
    /// What is to be done, as `JobRequest.stored()` gives it; the store does not look at it.
    public let request: [UInt8]

    public init(
        id: JobID, namespace: NamespaceName, sandboxID: SandboxID, concurrencyKey: SandboxID? = nil, priority: Int = 0,
        maxAttempts: Int = 1, callbackURL: String? = nil, createdAt: Timestamp, request: [UInt8]
    ) {
        self.id = id
        self.namespace = namespace
        self.sandboxID = sandboxID
        self.concurrencyKey = concurrencyKey
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.callbackURL = callbackURL
        self.createdAt = createdAt
        self.request = request
    }
}

/// A job as it is kept.
public struct JobRecord: Hashable, Sendable {
    /// Without its result.
    public var job: Job
    public var result: JobResult?

    public init(job: Job, result: JobResult? = nil) {
        self.job = job
        self.result = result
    }
}

/// What a job's program brought forth.
public enum JobResult: Hashable, Sendable {
    /// As `Execution.stored()` gives it; the store does not look at it.
    case inline([UInt8])
    /// Kept elsewhere, since it is large.
    case external
}

/// How a job has ended.
public struct JobOutcome: Hashable, Sendable {
    public var status: JobStatus
    public var result: JobResult?
    /// What a result takes that is kept elsewhere.
    public var externalBytes: Int
    public var error: JobError?
    public var moment: JobMoment

    public init(
        status: JobStatus, result: JobResult? = nil, externalBytes: Int = 0, error: JobError? = nil, moment: JobMoment
    ) {
        self.status = status
        self.result = result
        self.externalBytes = externalBytes
        self.error = error
        self.moment = moment
    }
}

/// When something ends a job, and when the job is then forgotten.
public struct JobMoment: Hashable, Sendable {
    public let now: Timestamp
    public let expiresAt: Timestamp

    public init(now: Timestamp, expiresAt: Timestamp) {
        self.now = now
        self.expiresAt = expiresAt
    }
}
