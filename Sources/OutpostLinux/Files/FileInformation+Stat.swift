// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
public import OutpostCore

extension FileInformation {
    /// Reads the information of the entry at `path` (stat(2), lstat(2)).
    ///
    /// - Parameter followsLink: whether a link at the path's end is followed.
    /// - Throws: `SystemError`, such as ENOENT for a missing entry.
    public init(_ path: String, followsLink: Bool) throws(SystemError) {
        var status = stat()
        if followsLink {
            try checked("stat", path: path) { stat(path, &status) }
        } else {
            try checked("lstat", path: path) { lstat(path, &status) }
        }
        self.init(status)
    }

    /// Reads the information of the entry at `path`, without following a link (lstat(2)). Nil when lstat fails, which
    /// includes a missing entry.
    public init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Reads the information of an open file (fstat(2)).
    public init(_ descriptor: Descriptor) throws(SystemError) {
        var status = stat()
        try checked("fstat") { fstat(descriptor.number, &status) }
        self.init(status)
    }

    init(_ status: stat) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symlink
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .device
            }
        self.init(
            kind: kind, mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
            size: UInt64(clamping: status.st_size),
            modified: status.st_mtim.nanoseconds, changed: status.st_ctim.nanoseconds, number: UInt64(status.st_ino))
    }
}

extension timespec {
    /// - Parameter nanoseconds: since 1970, also negative.
    init(nanoseconds: Int64) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(tv_sec: Int(rest < 0 ? seconds - 1 : seconds), tv_nsec: Int(rest < 0 ? rest + 1_000_000_000 : rest))
    }

    /// Nanoseconds since 1970. A time outside of the range of the type becomes its bound: a program can give a file any
    /// time (utimensat(2)).
    fileprivate var nanoseconds: Int64 {
        let (product, isLarge) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isLarger) = product.addingReportingOverflow(Int64(tv_nsec))
        return isLarge || isLarger ? (tv_sec < 0 ? .min : .max) : sum
    }
}
