// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A worker's request for jobs.
public struct JobClaim: Hashable, Sendable {
    /// The worker's name. The store keeps it for people who look at the database.
    public var worker: String
    /// The most jobs that it gets.
    public var limit: Int
    /// The most jobs of one namespace that all workers may hold at one time.
    public var runningLimit: Int
    /// The duration of the leases.
    public var leaseMilliseconds: Int64
    /// The namespace of the last claimed job. The round robin goes on with the next namespace.
    public var after: NamespaceName?

    public init(
        worker: String, limit: Int, runningLimit: Int = .max, leaseMilliseconds: Int64, after: NamespaceName? = nil
    ) {
        self.worker = worker
        self.limit = limit
        self.runningLimit = runningLimit
        self.leaseMilliseconds = leaseMilliseconds
        self.after = after
    }
}

/// A worker's right to run a job. It ends when its time is over or when the job is claimed again.
public struct JobLease: Hashable, Sendable {
    public let job: JobID
    /// The fencing number. It grows with each claim of the job.
    public let number: Int64

    public init(job: JobID, number: Int64) {
        self.job = job
        self.number = number
    }
}

/// A job that a worker has claimed.
public struct ClaimedJob: Hashable, Sendable {
    public let lease: JobLease
    public let job: Job
    /// Whether the job has a concurrency key. Other jobs of the key may wait for its end.
    public let hasConcurrencyKey: Bool
    public let hasCallback: Bool
    /// The bytes of `NewJob.request`.
    public let request: [UInt8]

    public init(
        lease: JobLease, job: Job, hasConcurrencyKey: Bool = false, hasCallback: Bool = false, request: [UInt8]
    ) {
        self.lease = lease
        self.job = job
        self.hasConcurrencyKey = hasConcurrencyKey
        self.hasCallback = hasCallback
        self.request = request
    }
}
