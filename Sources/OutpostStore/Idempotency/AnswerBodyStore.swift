// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Stores the bodies of recorded answers that are too large for a database.
public protocol AnswerBodyStore: Sendable {
    /// Stores a body under a new name. It survives a power loss when this returns.
    ///
    /// - Throws: `insufficient_storage`, `internal`. Nothing of it is left then.
    func keep(_ body: [UInt8], as name: String) async throws(OutpostError)

    /// Returns a body, or nil when there is none or it is damaged.
    func body(_ name: String) async throws(OutpostError) -> [UInt8]?

    /// Removes bodies. Ignores names without one.
    func remove(_ names: [String]) async throws(OutpostError)

    /// Returns the names of all bodies.
    func names() async throws(OutpostError) -> [String]
}
