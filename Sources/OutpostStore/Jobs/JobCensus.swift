// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Selects one page of a namespace's jobs.
public struct JobPageQuery: Hashable, Sendable {
    public var namespace: NamespaceName
    /// Only jobs with this status; nil for all jobs.
    public var status: JobStatus?
    /// Whether the newest job comes first.
    public var isDescending: Bool
    /// Jobs before the page.
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

/// Counts of the jobs of all namespaces.
public struct JobCensus: Hashable, Sendable {
    public var counts: [JobStatus: Int]
    /// When the oldest claimable job was submitted; nil when no job is claimable.
    public var oldestQueued: Timestamp?
    /// Bytes that all jobs take, as `JobStorage` counts them.
    public var storedBytes: Int

    public init(counts: [JobStatus: Int] = [:], oldestQueued: Timestamp? = nil, storedBytes: Int = 0) {
        self.storedBytes = storedBytes
        self.counts = counts
        self.oldestQueued = oldestQueued
    }
}

/// The outcome of `JobStore.sweep`.
public struct JobSweep: Hashable, Sendable {
    /// The number of deleted jobs.
    public var deletedJobs: Int
    /// The deleted jobs whose results are in files. The caller deletes the files.
    public var externalResults: [JobID]

    public init(deletedJobs: Int = 0, externalResults: [JobID] = []) {
        self.deletedJobs = deletedJobs
        self.externalResults = externalResults
    }
}

/// A sender's request for due callbacks.
public struct CallbackClaim: Hashable, Sendable {
    /// The most callbacks that it gets.
    public var limit: Int
    /// The most callbacks of one namespace, with those in `sending`. A namespace with slow receivers does not delay
    /// others.
    public var namespaceLimit: Int
    /// The number of callbacks that the sender is sending now.
    public var sending: [NamespaceName: Int]
    /// The time after which a claimed callback is due again.
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

/// A callback that is due.
public struct DueCallback: Hashable, Sendable {
    public let job: JobID
    public let namespace: NamespaceName
    public let url: String
    /// The number of this attempt, from 1.
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
