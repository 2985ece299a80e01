// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// A loop device: a block device whose blocks are in a file. The kernel frees it at its last close, also by an unmount.
public struct LoopDevice: Sendable {
    /// The path of the device.
    public let path: String
    let descriptor: Descriptor

    /// Binds a free device to `backing` (loop(4), LOOP_CONFIGURE, Linux 5.8).
    ///
    /// - Throws: `SystemError`: EBUSY when other processes took 64 free devices first.
    public static func bind(_ backing: Descriptor) throws(SystemError) -> LoopDevice {
        let control = try Descriptor.open("/dev/loop-control", .readWrite)
        for _ in 0..<64 {
            let number = try shim("LOOP_CTL_GET_FREE") { outpost_loop_free_number(control.number) }
            let path = "/dev/loop\(number)"
            let device = try Descriptor.open(path, .readWrite)
            do throws(SystemError) {
                // Direct I/O would avoid a second copy in the page cache, but some file systems refuse it.
                try shim("LOOP_CONFIGURE", path: path) { outpost_loop_configure(device.number, backing.number, 0) }
                return LoopDevice(path: path, descriptor: device)
            } catch {
                // Another process took this device first.
                if error.number != EBUSY { throw error }
            }
        }
        throw SystemError("LOOP_CONFIGURE", number: EBUSY)
    }
}

extension LoopDevice {
    /// Whether the device at `path` is still bound to the file with this inode number.
    public static func isBound(_ path: String, toInode inode: UInt64) throws(SystemError) -> Bool {
        let device = try Descriptor.open(path, .readOnly)
        var backingDevice: UInt64 = 0
        var backingInode: UInt64 = 0
        do throws(SystemError) {
            try shim("LOOP_GET_STATUS64", path: path) {
                outpost_loop_backing(device.number, &backingDevice, &backingInode)
            }
        } catch {
            if error.number == ENXIO { return false }
            throw error
        }
        return backingInode == inode
    }

    /// Whether the kernel has made the ext4 file system on the device at `path` read-only, which it does when one of its own
    /// writes fails. The mount options may not show that. False for a file system that is not mounted.
    public static func isReadOnly(_ path: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let options = try readText("/proc/fs/ext4/\(path.split(separator: "/").last ?? "")/options")
            // Since Linux 6.15 the options keep `rw` and add `emergency_ro`.
            return options.split(separator: "\n").contains { $0 == "ro" || $0 == "emergency_ro" }
        } catch {
            if error.number == ENOENT { return false }
            throw error
        }
    }
}
