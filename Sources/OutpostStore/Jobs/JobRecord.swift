// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A job to insert into the store.
public struct NewJob: Hashable, Sendable {
    public let id: JobID
    public let namespace: NamespaceName
    public let sandboxID: SandboxID
    /// Jobs with the same concurrency key run one after another. It is the id of their stateful sandbox; nil for no such
    /// order.
    public let concurrencyKey: SandboxID?
    public let priority: Int
    public let maxAttempts: Int
    public let callbackURL: String?
    public let createdAt: Timestamp
    /// The document from `JobRequest.stored()`. The store does not decode it.
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

/// A stored job.
public struct JobRecord: Hashable, Sendable {
    /// The job without its result.
    public var job: Job
    public var result: JobResult?

    public init(job: Job, result: JobResult? = nil) {
        self.job = job
        self.result = result
    }
}

/// The stored result of a job.
public enum JobResult: Hashable, Sendable {
    /// The document from `Execution.stored()`. The store does not decode it.
    case inline([UInt8])
    /// The result is large, and a `JobResultStore` has it.
    case external(JobResultID)
}

/// How a job has ended.
public struct JobOutcome: Hashable, Sendable {
    public var status: JobStatus
    public var result: JobResult?
    /// Bytes that an external result takes on the disk.
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

/// The time of a job's end, and the time when the store may delete the job.
public struct JobMoment: Hashable, Sendable {
    public let now: Timestamp
    public let expiresAt: Timestamp

    public init(now: Timestamp, expiresAt: Timestamp) {
        self.now = now
        self.expiresAt = expiresAt
    }
}
