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

    /// Makes a change, with all its parts or none.
    ///
    /// - Returns: whether it was made. It is not when the store does not have the sandbox that it updates.
    /// - Throws: `conflict` when the store has a new sandbox or snapshot of the change already.
    func commit(_ change: SandboxChange) async throws(OutpostError) -> Bool

    /// Records that the disk of a sandbox will become a sealed disk. `commit` with an update of the sandbox ends it.
    func begin(_ sealing: DiskSealing) async throws(OutpostError)

    /// Deletes the snapshot.
    ///
    /// - Returns: whether there was one.
    func delete(_ id: SnapshotID) async throws(OutpostError) -> Bool

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

/// Records that change together.
public struct SandboxChange: Sendable {
    /// The new record of a sandbox that exists; nil for none. All sealings of its disk have ended.
    public var updated: Sandbox?
    /// New sandboxes.
    public var inserted: [Sandbox]
    /// A new snapshot.
    public var snapshot: Snapshot?

    public init(updated: Sandbox? = nil, inserted: [Sandbox] = [], snapshot: Snapshot? = nil) {
        self.updated = updated
        self.inserted = inserted
        self.snapshot = snapshot
    }
}

/// The disk of a sandbox that becomes a sealed disk. After a crash, the sandbox has either its disk or the sealed disk.
public struct DiskSealing: Hashable, Sendable {
    public let sandbox: SandboxID
    public let disk: SealedDiskID

    public init(sandbox: SandboxID, disk: SealedDiskID) {
        self.sandbox = sandbox
        self.disk = disk
    }
}

/// The stored sandboxes after a restart.
public struct SandboxInventory: Sendable {
    public let sandboxes: [Sandbox]
    /// All records in quarantine, with those of earlier starts.
    public let quarantined: [QuarantinedRecord]
    /// All snapshots, oldest first.
    public let snapshots: [Snapshot]
    /// The sealings that have not ended, in the order of their beginnings.
    public let sealings: [DiskSealing]

    public init(
        sandboxes: [Sandbox], quarantined: [QuarantinedRecord], snapshots: [Snapshot] = [],
        sealings: [DiskSealing] = []
    ) {
        self.sandboxes = sandboxes
        self.quarantined = quarantined
        self.snapshots = snapshots
        self.sealings = sealings
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
