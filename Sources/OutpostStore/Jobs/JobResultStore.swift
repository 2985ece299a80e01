// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Keeps the results of jobs that are too large for a row.
public protocol JobResultStore: Sendable {
    /// Keeps `result`, instead of what there may be; it survives a power loss when this returns.
    ///
    /// - Parameter most: bytes of the disk that it may take; nil for as many as it needs.
    /// - Returns: how many it takes; nil when that would be more than `most`, and then it is not kept.
    /// - Throws: `insufficient_storage`, `internal`; nothing of it is left then.
    func keep(_ result: [UInt8], of id: JobID, atMost most: Int?) async throws(OutpostError) -> Int?

    /// The result, or nil when it is not there or damaged.
    func result(of id: JobID) async throws(OutpostError) -> [UInt8]?

    /// Removes the results that are there.
    func remove(_ ids: [JobID]) async throws(OutpostError)

    /// Whose results are there, and how many bytes of the disk each takes.
    func all() async throws(OutpostError) -> [JobID: Int]
}
