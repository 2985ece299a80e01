// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Which page of a namespace's jobs.
public struct JobPageQuery: Hashable, Sendable {
    public var namespace: NamespaceName
    public var status: JobStatus?
    public var isDescending: Bool
    public var offset: Int
    public var limit: Int

    public init(
        namespace: NamespaceName, status: JobStatus? = nil, isDescending: Bool = true, offset: Int = 0, limit: Int = 20
    ) {
        self.namespace = namespace
        self.status = status
        self.isDescending = isDescending
        self.offset = offset
        self.limit = limit
    }
}

/// How many jobs there are.
public struct JobCensus: Hashable, Sendable {
    /// Of all namespaces.
    public var counts: [JobStatus: Int]
    /// When the oldest job was submitted that could be claimed, or nil when there is none.
    public var oldestQueued: Timestamp?
    /// Bytes that they take together, as `JobStorage` counts them.
    public var storedBytes: Int

    public init(counts: [JobStatus: Int] = [:], oldestQueued: Timestamp? = nil, storedBytes: Int = 0) {
        self.storedBytes = storedBytes
        self.counts = counts
        self.oldestQueued = oldestQueued
    }
}

/// What a sweep has done.
public struct JobSweep: Hashable, Sendable {
    public var deletedJobs: Int
    /// Whose results are to be removed from where they are kept.
    public var externalResults: [JobID]

    public init(deletedJobs: Int = 0, externalResults: [JobID] = []) {
        self.deletedJobs = deletedJobs
        self.externalResults = externalResults
    }
}

/// Which callbacks somebody can send.
public struct CallbackClaim: Hashable, Sendable {
    /// How many.
    public var limit: Int
    /// How many of one namespace, with those that it is sending: one whose receivers are slow does not hold up the others.
    public var namespaceLimit: Int
    /// What it is sending.
    public var sending: [NamespaceName: Int]
    /// After how long they are due again.
    public var holdMilliseconds: Int64

    public init(
        limit: Int, namespaceLimit: Int = .max, sending: [NamespaceName: Int] = [:], holdMilliseconds: Int64
    ) {
        self.limit = limit
        self.namespaceLimit = namespaceLimit
        self.sending = sending
        self.holdMilliseconds = holdMilliseconds
    }
}

/// A callback to be sent.
public struct DueCallback: Hashable, Sendable {
    public let job: JobID
    public let namespace: NamespaceName
    public let url: String
    /// From 1.
    public let attempt: Int
    /// When the job ended.
    public let since: Timestamp

    public init(job: JobID, namespace: NamespaceName, url: String, attempt: Int, since: Timestamp) {
        self.job = job
        self.namespace = namespace
        self.url = url
        self.attempt = attempt
        self.since = since
    }
}
