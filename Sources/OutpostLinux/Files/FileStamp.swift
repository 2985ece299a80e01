// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What tells a file or directory from another one, and from what it was earlier, without reading it; links followed.
public struct FileStamp: Hashable, Sendable, CustomStringConvertible {
    /// Tells it from another one of the same name, on the same file system.
    public let inode: UInt64
    /// Bytes.
    public let size: Int
    /// Nanoseconds since 1970.
    public let modifiedAt: Int64

    /// Nil when there is no such file.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        size = Int(status.st_size)
        modifiedAt = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    public var description: String { "\(inode).\(size)@\(modifiedAt)" }
}

/// Sets when `path` was modified to now, to the nanosecond: by itself the kernel takes the time of its last tick, which two
/// files may have in common (`inode_set_ctime_current`, fs/inode.c).
public func touchFile(_ path: String) throws(SystemError) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    try checked("utimensat", path: path) { utimensat(AT_FDCWD, path, [now, now], 0) }
}

/// All bytes of an open file from where it was read to, read at once.
public func readWholeFile(_ descriptor: Descriptor) throws(SystemError) -> [UInt8] {
    var status = stat()
    try checked("fstat") { fstat(descriptor.number, &status) }
    var result = [UInt8](repeating: 0, count: Int(status.st_size))
    var position = 0
    while position < result.count {
        let count = try result.withUnsafeMutableBytes { buffer in
            capture { () throws(SystemError) in
                try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[position...])) ?? 0
            }
        }.get()
        if count == 0 { break }
        position += count
    }
    return Array(result.prefix(position))
}
