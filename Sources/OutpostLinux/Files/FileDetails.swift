// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What stat(2) tells of a file.
public struct FileDetails: Hashable, Sendable {
    public enum Kind: Sendable {
        case file, directory, link, fifo, socket, device
    }

    public let kind: Kind
    /// Permission bits.
    public let mode: UInt32
    public let uid: UInt32
    public let gid: UInt32
    /// Bytes.
    public let size: UInt64
    /// Nanoseconds since 1970.
    public let modified: Int64

    /// - Parameter followsLink: whether a link at the path's end is followed.
    public init(_ path: String, followsLink: Bool) throws(SystemError) {
        var status = stat()
        if followsLink {
            try checked("stat", path: path) { stat(path, &status) }
        } else {
            try checked("lstat", path: path) { lstat(path, &status) }
        }
        self.init(status)
    }

    /// What is open.
    public init(_ descriptor: Descriptor) throws(SystemError) {
        var status = stat()
        try checked("fstat") { fstat(descriptor.number, &status) }
        self.init(status)
    }

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .device
            }
        mode = status.st_mode & 0o7777
        uid = status.st_uid
        gid = status.st_gid
        size = UInt64(clamping: status.st_size)
        modified = Int64(clamping: Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec))
    }
}
