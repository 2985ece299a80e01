// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The existing sealed disks, with their namespaces, their sizes and the number of their users.
struct SealedDiskTable {
    private struct Disk {
        let namespace: NamespaceName
        /// Bytes that the disk takes on the host's disk. They never change.
        let bytes: Int
        /// Calls of `hold` without a call of `release`.
        var users = 0
        /// Whether the disk is known to be ready for read-only mounts, which it stays.
        var isSettled = false
        /// Whether the disk is being removed. It gets no new users.
        var isBeingRemoved = false
    }

    private var disks: [SealedDiskID: Disk] = [:]

    mutating func add(_ disk: SealedDiskFolder.Found) {
        disks[disk.id] = Disk(namespace: disk.namespace, bytes: disk.bytes)
    }

    func namespace(of id: SealedDiskID) -> NamespaceName? { disks[id]?.namespace }

    var namespaces: [SealedDiskID: NamespaceName] { disks.mapValues(\.namespace) }

    /// The bytes that the namespace's sealed disks hold.
    func held(by namespace: NamespaceName) -> Int {
        disks.values.reduce(0) { $1.namespace == namespace ? $0 + $1.bytes : $0 }
    }

    /// The bytes that these sealed disks hold together.
    func bytes(_ ids: [SealedDiskID]) -> Int { ids.reduce(0) { $0 + (disks[$1]?.bytes ?? 0) } }

    /// Adds a user to all of the disks or to none.
    mutating func hold(_ ids: [SealedDiskID], for namespace: NamespaceName?) throws(OutpostError) {
        for id in ids {
            guard let disk = disks[id], disk.namespace == namespace, !disk.isBeingRemoved else {
                throw OutpostError(.notFound, "there is no sealed disk \(id)")
            }
        }
        for id in ids { disks[id]?.users += 1 }
    }

    /// The disks that are not known to be ready for mounts.
    func unsettled(_ ids: [SealedDiskID]) -> [SealedDiskID] { ids.filter { disks[$0]?.isSettled == false } }

    /// Records that the disk is ready for mounts.
    mutating func settle(_ id: SealedDiskID) { disks[id]?.isSettled = true }

    mutating func release(_ ids: [SealedDiskID]) {
        for id in ids { disks[id]?.users -= 1 }
    }

    /// Refuses new users of the disk. It counts for its namespace until it is removed.
    ///
    /// - Returns: the disk's namespace; nil when there is no such disk.
    /// - Throws: `conflict` when the disk has users or is being removed.
    mutating func beginRemoval(_ id: SealedDiskID) throws(OutpostError) -> NamespaceName? {
        guard let disk = disks[id] else { return nil }
        guard disk.users == 0, !disk.isBeingRemoved else {
            throw OutpostError(.conflict, "the sealed disk \(id) is in use")
        }
        disks[id]?.isBeingRemoved = true
        return disk.namespace
    }

    /// Forgets the disk, or allows new users again when it was not removed.
    mutating func endRemoval(_ id: SealedDiskID, isGone: Bool) {
        if isGone { disks[id] = nil } else { disks[id]?.isBeingRemoved = false }
    }
}
