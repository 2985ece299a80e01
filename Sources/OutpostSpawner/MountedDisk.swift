// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The disk of a live sandbox.
struct MountedDisk {
    /// The path of its loop device.
    let device: String
    /// The inode of its image.
    let inode: UInt64
    /// Its image, locked. The device has the same lock, and keeps it until it is free.
    let image: Descriptor

    private static let options: [(String, String?)] = [("errors", "remount-ro"), ("discard", nil)]
    private static let attributes: MountAttributes = [.noSetUID, .noDevices, .noAccessTimes]

    /// Mounts an image. The mount ends with its last descriptor and the last process that has it attached.
    static func mount(_ image: Descriptor) throws(SystemError) -> (DetachedMount, MountedDisk) {
        // The device keeps the lock, so no other process mounts or repairs the disk until the device is free.
        try FileLock.acquire(image)
        let inode = try image.inode()
        let device = try LoopDevice.bind(image)
        let disk = MountedDisk(device: device.path, inode: inode, image: image)
        return (try disk.mount(), disk)
    }

    private func mount() throws(SystemError) -> DetachedMount {
        try DetachedMount.new(type: "ext4", source: device, options: Self.options, attributes: Self.attributes)
    }

    /// Makes another mount of the mounted file system.
    ///
    /// - Throws: `SystemError`: ENXIO when the device is free already.
    func mountAgain() throws(SystemError) -> DetachedMount {
        // An open device is not freed, so it cannot get another image meanwhile.
        let open = try Descriptor.open(device, .readOnly)
        return try withExtendedLifetime(open) { () throws(SystemError) in
            guard try LoopDevice.isBound(device, toInode: inode) else {
                throw SystemError("mount a disk again", path: device, number: SystemError.noDevice)
            }
            return try mount()
        }
    }

    /// Releases the lock of a disk whose device is free. A child that has not executed its program yet can still have the image
    /// open.
    func unlock() { FileLock.release(image) }
}
