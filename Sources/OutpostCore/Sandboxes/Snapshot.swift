// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The files of a stateful sandbox at one moment. New sandboxes can start from them.
public struct Snapshot: Hashable, Sendable {
    public let id: SnapshotID
    public let namespace: NamespaceName
    /// The sandbox whose files they are. It may be deleted.
    public let sandboxID: SandboxID
    public let name: String?
    /// The sealed disks with the files, the lowest first. Other snapshots and sandboxes may share them.
    public let layers: [SealedDiskID]
    /// Bytes that the layers take on the host's disk.
    public let bytes: Int
    public let createdAt: Timestamp

    public init(
        id: SnapshotID = SnapshotID(), namespace: NamespaceName, sandboxID: SandboxID, name: String?,
        layers: [SealedDiskID], bytes: Int, createdAt: Timestamp
    ) {
        self.id = id
        self.namespace = namespace
        self.sandboxID = sandboxID
        self.name = name
        self.layers = layers
        self.bytes = bytes
        self.createdAt = createdAt
    }
}
