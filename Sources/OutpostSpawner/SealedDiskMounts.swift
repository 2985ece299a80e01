// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The sealed disks that sandboxes have as layers. Each has one device and one file system, however many sandboxes use it.
///
/// A sealed disk is attached nowhere: each sandbox gets a new mount of the same file system, which ends with the sandbox.
/// The device stays bound while this process has it open too, so that the next sandbox finds it.
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

    /// A mount of a sealed disk of `tenant` for the sandbox of this slot, which uses it until `release`.
    ///
    /// - Throws: `SystemError`; ENOENT when the tenant has no such disk, EUCLEAN when what was written to it is not all at its
    ///   place, EAGAIN while it is being sealed or removed.
    mutating func mount(
        _ disk: SealedDiskID, of tenant: String, for slot: UInt32
    ) throws(SystemError) -> DetachedMount {
        guard let namespace = NamespaceName(tenant) else {
            throw SystemError("find a sealed disk of nobody", number: SystemError.notFound)
        }
        let name = Name(namespace: namespace, disk: disk)
        var bound = if let known = disks[name] { known } else { Bound(device: try Self.bind(name.path)) }
        // The journal has nothing that is wanted, as was looked up, and to load it takes ten times as long as all else.
        let mount = try DetachedMount.new(
            type: "ext4", source: bound.device.path, options: [("ro", nil), ("noload", nil)],
            attributes: [.readOnly, .noSetUID, .noDevices])
        bound.users.insert(slot)
        disks[name] = bound
        return mount
    }

    /// The sandbox of this slot is gone, or did not come up. A disk that nobody uses any more is let go of; the kernel frees
    /// its device with the last mount.
    mutating func release(_ slot: UInt32) {
        for name in disks.keys {
            disks[name]?.users.remove(slot)
            if disks[name]?.users.isEmpty == true { disks[name] = nil }
        }
    }

    /// A device that cannot be written to, since the file was not opened to be.
    private static func bind(_ path: String) throws(SystemError) -> LoopDevice {
        let data = try Descriptor.open(SpawnerRoot.data, [.pathOnly, .directory])
        let file = try Descriptor.open(beneath: data, path, [.readOnly, .nonBlocking])
        // The device holds on to the lock, so no one removes the file below it. Shared: a spawner that died may still have
        // it for a moment, and two who only read do each other no harm.
        try FileLock.acquireShared(file)
        // Mounted as it is, one that was not unmounted would have files half written.
        guard try Ext4State(file).isClean else {
            throw SystemError("mount a disk that was not unmounted", path: path, number: SystemError.needsCleaning)
        }
        return try LoopDevice.bind(file)
    }
}
