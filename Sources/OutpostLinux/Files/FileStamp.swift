// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The inode number, size and modification time of a file or directory. If they are the same, the file is taken to be
/// unchanged. Links are followed.
public struct FileStamp: Hashable, Sendable, CustomStringConvertible {
    /// The inode number.
    public let inode: UInt64
    /// The size in bytes.
    public let size: Int
    /// Nanoseconds since 1970.
    public let modifiedAt: Int64

    /// Nil when the file cannot be found.
    public init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        size = Int(status.st_size)
        modifiedAt = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    public var description: String { "\(inode).\(size)@\(modifiedAt)" }
}

/// Sets the modification time of `path` to now, with nanoseconds. By default the kernel uses the time of its last tick, and
/// two files can have the same one (`inode_set_ctime_current`, fs/inode.c).
public func touchFile(_ path: String) throws(SystemError) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    try checked("utimensat", path: path) { utimensat(AT_FDCWD, path, [now, now], 0) }
}

/// Reads an open file from its offset to its end.
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
