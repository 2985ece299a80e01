// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What is at a path, without following a link at its end.
public struct FileStatus: Hashable, Sendable {
    public enum Kind: Sendable {
        case file, directory, link, other
    }

    public let kind: Kind
    /// The host's id of its owner.
    public let owner: UInt32
    /// Permission bits.
    public let mode: UInt32
    /// Bytes.
    public let size: Int

    /// Nil when nothing is there.
    public init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            default: .other
            }
        owner = status.st_uid
        mode = status.st_mode & 0o7777
        size = Int(status.st_size)
    }
}

/// Writes a new file with these bytes, dated as `model`: what was compiled from that file counts as compiled from this one.
public func writeFile(
    _ path: String, bytes: [UInt8], mode: UInt32, datedAs model: String
) throws(SystemError) {
    let file = try Descriptor.open(path, [.writeOnly, .create, .exclusive], mode: mode)
    try file.writeAll(bytes)
    var status = stat()
    try checked("stat", path: model) { stat(model, &status) }
    try checked("futimens", path: path) { futimens(file.number, [status.st_atim, status.st_mtim]) }
}
