// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The free space of a file system.
public struct FileSystemSpace: Hashable, Sendable {
    /// Bytes that a user without privileges can still use.
    public let freeBytes: Int
    /// Inodes that a user without privileges can still use.
    public let freeFiles: Int

    /// A space with these values.
    public init(freeBytes: Int, freeFiles: Int) {
        self.freeBytes = freeBytes
        self.freeFiles = freeFiles
    }

    /// The smallest free space among the file systems that a sandbox's programs can write to: its root, /tmp and /dev/shm.
    ///
    /// The paths begin at /proc/PID/root and follow no link, so a program cannot redirect them.
    ///
    /// - Parameter pid: a process of the sandbox.
    public static func ofSandbox(pid: Int32) throws(SystemError) -> FileSystemSpace {
        let root = try Descriptor.open("/proc/\(pid)/root", [.pathOnly, .directory])
        var least = try of(root)
        for name in ["tmp", "dev/shm"] {
            let space = try of(Descriptor.open(beneath: root, name, [.pathOnly, .directory]))
            least = FileSystemSpace(
                freeBytes: min(least.freeBytes, space.freeBytes), freeFiles: min(least.freeFiles, space.freeFiles))
        }
        return least
    }

    /// What is used of the file system that a directory is on.
    ///
    /// - Parameter pid: a process of the sandbox. Its root is looked at.
    /// - Returns: bytes and inodes.
    public static func used(inSandbox pid: Int32) throws(SystemError) -> (bytes: Int, files: Int) {
        let root = try Descriptor.open("/proc/\(pid)/root", [.pathOnly, .directory])
        var status = statvfs()
        try checked("fstatvfs") { fstatvfs(root.number, &status) }
        return (Int(status.f_blocks - status.f_bfree) * Int(status.f_frsize), Int(status.f_files - status.f_ffree))
    }

    private static func of(_ directory: Descriptor) throws(SystemError) -> FileSystemSpace {
        var status = statvfs()
        try checked("fstatvfs") { fstatvfs(directory.number, &status) }
        return FileSystemSpace(
            freeBytes: Int(status.f_bavail) * Int(status.f_frsize), freeFiles: Int(status.f_favail))
    }
}
