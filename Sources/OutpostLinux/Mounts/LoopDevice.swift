// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// A block device over a file. It frees itself at its last close, which an unmount is.
public struct LoopDevice: Sendable {
    public let path: String
    let descriptor: Descriptor

    /// Binds a free device to `backing` (loop(4), LOOP_CONFIGURE, Linux 5.8).
    ///
    /// - Throws: `SystemError`; EBUSY after 64 lost races for a free device.
    public static func bind(_ backing: Descriptor) throws(SystemError) -> LoopDevice {
        let control = try Descriptor.open("/dev/loop-control", .readWrite)
        for _ in 0..<64 {
            let number = try shim("LOOP_CTL_GET_FREE") { outpost_loop_free_number(control.number) }
            let path = "/dev/loop\(number)"
            let device = try Descriptor.open(path, .readWrite)
            do throws(SystemError) {
                // Direct I/O would spare the second copy in the page cache but is refused on some file systems.
                try shim("LOOP_CONFIGURE", path: path) { outpost_loop_configure(device.number, backing.number, 0) }
                return LoopDevice(path: path, descriptor: device)
            } catch {
                // Somebody else took the number first.
                if error.number != EBUSY { throw error }
            }
        }
        throw SystemError("LOOP_CONFIGURE", number: EBUSY)
    }
}

extension LoopDevice {
    /// Whether the device at `path` still holds the file with this inode number.
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

    /// Whether the ext4 file system on the device at `path` takes no writes any more: the kernel makes it so when a write
    /// of its own fails, whatever its mount says. One that is not mounted is not.
    public static func isReadOnly(_ path: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let options = try readText("/proc/fs/ext4/\(path.split(separator: "/").last ?? "")/options")
            // Since Linux 6.15 the mount still says `rw`, and another word tells.
            return options.split(separator: "\n").contains { $0 == "ro" || $0 == "emergency_ro" }
        } catch {
            if error.number == ENOENT { return false }
            throw error
        }
    }
}
