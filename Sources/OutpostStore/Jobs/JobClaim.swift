// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What a worker asks for.
public struct JobClaim: Hashable, Sendable {
    /// Names the worker, for who looks at the store.
    public var worker: String
    /// How many jobs it has room for.
    public var limit: Int
    /// How many of a namespace's jobs may be held at one time, by all workers.
    public var runningLimit: Int
    /// For how long it may hold them without a renewal.
    public var leaseMilliseconds: Int64
    /// The namespace that had the last turn; the others come first.
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

/// A worker's right to a job: until it runs out, or somebody claims the job anew.
public struct JobLease: Hashable, Sendable {
    public let job: JobID
    /// Grows with every claim of the job (fencing).
    public let number: Int64

    public init(job: JobID, number: Int64) {
        self.job = job
        self.number = number
    }
}

/// A job that a worker holds.
public struct ClaimedJob: Hashable, Sendable {
    public let lease: JobLease
    public let job: Job
    /// Whether others of its concurrency key may wait for its end.
    public let hasConcurrencyKey: Bool
    /// Whether somebody is to be told of its end.
    public let hasCallback: Bool
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
