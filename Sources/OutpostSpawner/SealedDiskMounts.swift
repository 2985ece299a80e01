// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The sealed disks that live sandboxes use as layers. Each disk has one loop device and one file system for all sandboxes.
///
/// Each sandbox gets a new mount of the file system, which ends with the sandbox. This process keeps the device open while
/// any sandbox uses it, so the next sandbox can use it too.
struct SealedDiskMounts {
    private struct Name: Hashable {
        let namespace: NamespaceName
        let disk: SealedDiskID

        var path: String { "sealed/\(namespace)/\(disk).ext4" }
    }

    private struct Bound {
        let device: LoopDevice
        var users: Set<UInt32> = []
    }

    private var disks: [Name: Bound] = [:]

    /// Mounts a sealed disk of `tenant` for the sandbox of this slot, which uses it until `release`.
    ///
    /// - Throws: `SystemError`: ENOENT when the tenant has no such disk, EUCLEAN when the file system is not clean, EAGAIN
    ///   while the disk is being sealed or removed.
    mutating func mount(
        _ disk: SealedDiskID, of tenant: String, for slot: UInt32
    ) throws(SystemError) -> DetachedMount {
        guard let namespace = NamespaceName(tenant) else {
            throw SystemError("find the tenant of a sealed disk", number: SystemError.notFound)
        }
        let name = Name(namespace: namespace, disk: disk)
        var bound = if let known = disks[name] { known } else { Bound(device: try Self.bind(name.path)) }
        // `bind` has checked that the journal is empty. Loading it takes ten times as long as the rest of the mount.
        let mount = try DetachedMount.new(
            type: "ext4", source: bound.device.path, options: [("ro", nil), ("noload", nil)],
            attributes: [.readOnly, .noSetUID, .noDevices])
        bound.users.insert(slot)
        disks[name] = bound
        return mount
    }

    /// Ends the use of all disks by the sandbox of this slot. The device of an unused disk is closed, and the kernel frees it
    /// with the last mount.
    mutating func release(_ slot: UInt32) {
        for name in disks.keys {
            disks[name]?.users.remove(slot)
            if disks[name]?.users.isEmpty == true { disks[name] = nil }
        }
    }

    /// Binds a device. It is read-only, because the file is opened for reading only.
    private static func bind(_ path: String) throws(SystemError) -> LoopDevice {
        let data = try Descriptor.open(SpawnerRoot.data, [.pathOnly, .directory])
        let file = try Descriptor.open(beneath: data, path, [.readOnly, .nonBlocking])
        // The device keeps the lock, so the server cannot remove the file. The lock is shared, because a spawner that has just
        // died can still have it, and two readers do no harm.
        try FileLock.acquireShared(file)
        // The mount below ignores the journal. A disk that is not clean would then have damaged files.
        guard try Ext4State(file).isClean else {
            throw SystemError("mount a disk that is not clean", path: path, number: SystemError.needsCleaning)
        }
        return try LoopDevice.bind(file)
    }
}
