// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The sealed disks that are there: whose they are, what they hold, and how many sandboxes use each.
struct SealedDiskTable {
    private struct Disk {
        let namespace: NamespaceName
        /// What it takes of the file system, for good.
        let bytes: Int
        var users = 0
        /// Nobody can begin to use it.
        var isLeaving = false
    }

    private var disks: [SealedDiskID: Disk] = [:]

    mutating func add(_ disk: SealedDiskFolder.Found) {
        disks[disk.id] = Disk(namespace: disk.namespace, bytes: disk.bytes)
    }

    func namespace(of id: SealedDiskID) -> NamespaceName? { disks[id]?.namespace }

    var namespaces: [SealedDiskID: NamespaceName] { disks.mapValues(\.namespace) }

    /// Bytes.
    func held(by namespace: NamespaceName) -> Int {
        disks.values.reduce(0) { $1.namespace == namespace ? $0 + $1.bytes : $0 }
    }

    /// All of them or none.
    mutating func hold(_ ids: [SealedDiskID], for namespace: NamespaceName?) throws(OutpostError) {
        for id in ids {
            guard let disk = disks[id], disk.namespace == namespace, !disk.isLeaving else {
                throw OutpostError(.notFound, "there is no sealed disk \(id)")
            }
        }
        for id in ids { disks[id]?.users += 1 }
    }

    mutating func release(_ ids: [SealedDiskID]) {
        for id in ids { disks[id]?.users -= 1 }
    }

    /// Has nobody begin to use it. It counts until it is removed.
    ///
    /// - Returns: whose it is; nil when there is none.
    mutating func beginToRemove(_ id: SealedDiskID) throws(OutpostError) -> NamespaceName? {
        guard let disk = disks[id] else { return nil }
        guard disk.users == 0, !disk.isLeaving else {
            throw OutpostError(.conflict, "the sealed disk \(id) is in use")
        }
        disks[id]?.isLeaving = true
        return disk.namespace
    }

    mutating func endRemoval(_ id: SealedDiskID, isGone: Bool) {
        if isGone { disks[id] = nil } else { disks[id]?.isLeaving = false }
    }
}
