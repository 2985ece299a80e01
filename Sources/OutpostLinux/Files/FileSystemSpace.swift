// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What is left on a file system.
public struct FileSystemSpace: Hashable, Sendable {
    public let freeBytes: Int
    public let freeFiles: Int

    public init(freeBytes: Int, freeFiles: Int) {
        self.freeBytes = freeBytes
        self.freeFiles = freeFiles
    }

    /// The least that is left on any file system that the program of a process can write to.
    ///
    /// Reached through the root's magic link, and below it without following a link: no component is the sandbox's.
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

    private static func of(_ directory: Descriptor) throws(SystemError) -> FileSystemSpace {
        var status = statvfs()
        try checked("fstatvfs") { fstatvfs(directory.number, &status) }
        return FileSystemSpace(
            freeBytes: Int(status.f_bavail) * Int(status.f_frsize), freeFiles: Int(status.f_favail))
    }
}
