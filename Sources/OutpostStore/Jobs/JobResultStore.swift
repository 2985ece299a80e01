// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Stores results of jobs that are too large for the job's row.
public protocol JobResultStore: Sendable {
    /// Stores `result` and replaces an earlier one. The result survives a power loss when this returns.
    ///
    /// - Parameter limit: bytes that it may take on the disk; nil for no limit.
    /// - Returns: bytes that it takes on the disk; nil when it would take more than `limit`. It is then not stored.
    /// - Throws: `insufficient_storage`, `internal`. Nothing of it is left then.
    func keep(_ result: [UInt8], of id: JobID, atMost limit: Int?) async throws(OutpostError) -> Int?

    /// Returns the bytes of the result in memory, or nil when there is none.
    func length(of id: JobID) async throws(OutpostError) -> Int?

    /// Returns the result, or nil when there is none or it is damaged.
    func result(of id: JobID) async throws(OutpostError) -> [UInt8]?

    /// Removes the results of `ids`. Ignores jobs without a result.
    func remove(_ ids: [JobID]) async throws(OutpostError)

    /// Returns the bytes that each stored result takes on the disk.
    func all() async throws(OutpostError) -> [JobID: Int]
}
