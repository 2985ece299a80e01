// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The bytes that a job counts for in its namespace's storage quota.
public enum JobStorage {
    /// Bytes of a job's row and its index entries.
    public static let rowBytes = 1024
    /// Bytes that are reserved for a job's result from its submission on. So a small result always fits.
    public static let reservedResultBytes = 4096

    /// The bytes of a job that has not ended.
    ///
    /// - Parameter request: bytes of its request.
    public static func waiting(request: Int) -> Int { rowBytes + request + reservedResultBytes }

    /// The bytes of a job that has ended.
    ///
    /// - Parameter result: bytes of its result, in the row or in a file.
    public static func ended(result: Int) -> Int { rowBytes + result }
}
