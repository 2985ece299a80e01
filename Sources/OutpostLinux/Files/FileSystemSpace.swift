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

    /// The space of the root directory of a process, reached through its magic link: no component of the path is the
    /// sandbox's to choose.
    public static func ofRoot(pid: Int32) throws(SystemError) -> FileSystemSpace {
        let path = "/proc/\(pid)/root"
        let root = try Descriptor.open(path, [.pathOnly, .directory])
        var status = statvfs()
        try checked("fstatvfs", path: path) { fstatvfs(root.number, &status) }
        return FileSystemSpace(
            freeBytes: Int(status.f_bavail) * Int(status.f_frsize), freeFiles: Int(status.f_favail))
    }
}
