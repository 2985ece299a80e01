// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The name of a large result. Each lease of a job has its own, so a worker that lost its lease cannot replace the result
/// of the worker that has it now.
public struct JobResultID: Hashable, Sendable {
    public let job: JobID
    /// The number of the lease of the worker that stored the result. Nil for a result of an earlier version, which had one
    /// name for all leases of a job.
    public let lease: Int64?

    public init(job: JobID, lease: Int64?) {
        self.job = job
        self.lease = lease
    }

    /// Names the result that the holder of `lease` stores.
    public init(_ lease: JobLease) { self.init(job: lease.job, lease: lease.number) }
}

/// Stores results of jobs that are too large for the job's row.
public protocol JobResultStore: Sendable {
    /// Stores `result` and replaces an earlier one. The result survives a power loss when this returns.
    ///
    /// - Parameter limit: bytes that it may take on the disk; nil for no limit.
    /// - Returns: bytes that it takes on the disk; nil when it would take more than `limit`. It is then not stored.
    /// - Throws: `insufficient_storage`, `internal`. Nothing of it is left then.
    func keep(_ result: [UInt8], of id: JobResultID, atMost limit: Int?) async throws(OutpostError) -> Int?

    /// Returns the bytes of the result in memory, or nil when there is none.
    func length(of id: JobResultID) async throws(OutpostError) -> Int?

    /// Returns the result, or nil when there is none or it is damaged.
    func result(of id: JobResultID) async throws(OutpostError) -> [UInt8]?

    /// Removes the results. Ignores those that do not exist.
    func remove(_ ids: [JobResultID]) async throws(OutpostError)

    /// Returns the bytes that each stored result takes on the disk.
    func all() async throws(OutpostError) -> [JobResultID: Int]
}
