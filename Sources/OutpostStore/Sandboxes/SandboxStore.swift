// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The sandboxes of every namespace. A write that has returned survives a crash and a power loss.
public protocol SandboxStore: Sendable {
    /// Adds `sandbox`.
    ///
    /// - Throws: `conflict` when its id is taken.
    func insert(_ sandbox: Sandbox) async throws(OutpostError)

    /// Forgets the sandbox; false when there was none.
    @discardableResult
    func delete(_ id: SandboxID) async throws(OutpostError) -> Bool

    /// Records all `touches` in one transaction; those of sandboxes that are gone are ignored.
    func touch(_ touches: [SandboxTouch]) async throws(OutpostError)

    /// Every sandbox of every namespace, oldest first, and every record that could not be read.
    func all() async throws(OutpostError) -> SandboxInventory
}

/// That a sandbox was used.
public struct SandboxTouch: Hashable, Sendable {
    public let id: SandboxID
    public let lastUsedAt: Timestamp
    /// When it expires now, or nil for never.
    public let expiresAt: Timestamp?

    public init(id: SandboxID, lastUsedAt: Timestamp, expiresAt: Timestamp?) {
        self.id = id
        self.lastUsedAt = lastUsedAt
        self.expiresAt = expiresAt
    }
}

/// What recovery finds after a restart.
public struct SandboxInventory: Sendable {
    public let sandboxes: [Sandbox]
    /// The whole quarantine, what earlier starts put there included.
    public let quarantined: [QuarantinedRecord]

    public init(sandboxes: [Sandbox], quarantined: [QuarantinedRecord]) {
        self.sandboxes = sandboxes
        self.quarantined = quarantined
    }
}
