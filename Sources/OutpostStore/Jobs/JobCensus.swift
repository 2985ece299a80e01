// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

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
    /// The large results of the deleted jobs. The caller deletes them.
    public var externalResults: [JobResultID]

    public init(deletedJobs: Int = 0, externalResults: [JobResultID] = []) {
        self.deletedJobs = deletedJobs
        self.externalResults = externalResults
    }
}
