// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The memory for output that one call or job holds. It counts in the quota `output_mb` of its namespace until the object
/// is released.
public protocol OutputMemory: AnyObject, Sendable {
    /// Holds at least `bytes` from now on.
    ///
    /// - Throws: `rate_limited` when the namespace has used up its quota; `unavailable` when the server is full. The
    ///   memory stays as it was.
    func reserve(_ bytes: Int) throws(OutpostError)

    /// Holds at least `bytes` from now on. Waits until the namespace's quota has room for them.
    func wait(for bytes: Int) async

    /// Gives back everything above `bytes`.
    func shrink(to bytes: Int)
}
