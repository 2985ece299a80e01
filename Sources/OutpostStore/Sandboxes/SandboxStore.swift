// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Stores the sandboxes of all namespaces. A write that has returned survives a crash and a power loss.
public protocol SandboxStore: Sendable {
    /// Adds `sandbox`.
    ///
    /// - Throws: `conflict` when the store has a sandbox with its id.
    func insert(_ sandbox: Sandbox) async throws(OutpostError)

    /// Deletes the sandbox.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func delete(_ id: SandboxID) async throws(OutpostError) -> Bool

    /// Records all `touches` in one transaction. Ignores sandboxes that the store does not have.
    func touch(_ touches: [SandboxTouch]) async throws(OutpostError)

    /// Returns all sandboxes, oldest first, and all records in quarantine. Moves records that it cannot read into
    /// quarantine.
    func all() async throws(OutpostError) -> SandboxInventory
}

/// A use of a sandbox.
public struct SandboxTouch: Hashable, Sendable {
    public let id: SandboxID
    public let lastUsedAt: Timestamp
    /// When the sandbox expires after this use; nil for never.
    public let expiresAt: Timestamp?

    public init(id: SandboxID, lastUsedAt: Timestamp, expiresAt: Timestamp?) {
        self.id = id
        self.lastUsedAt = lastUsedAt
        self.expiresAt = expiresAt
    }
}

/// The stored sandboxes after a restart.
public struct SandboxInventory: Sendable {
    public let sandboxes: [Sandbox]
    /// All records in quarantine, with those of earlier starts.
    public let quarantined: [QuarantinedRecord]

    public init(sandboxes: [Sandbox], quarantined: [QuarantinedRecord]) {
        self.sandboxes = sandboxes
        self.quarantined = quarantined
    }
}

/// A record that could not be read. The store keeps all of its values for an operator.
public struct QuarantinedRecord: Hashable, Sendable {
    /// The record's stored id. It may be malformed.
    public let id: String
    /// Why the record could not be read. For the log and the operator.
    public let reason: String
    public let quarantinedAt: Timestamp

    public init(id: String, reason: String, quarantinedAt: Timestamp) {
        self.id = id
        self.reason = reason
        self.quarantinedAt = quarantinedAt
    }
}
