// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What lstat(2) or stat(2) tells about a file. In a sandbox, ids and paths are those that its programs see.
public struct FileInformation: Hashable, Sendable {
    /// The kind of a file. Both kinds of devices are one.
    public enum Kind: String, Sendable, CaseIterable {
        case file, directory, symlink, fifo, socket, device
    }

    public var kind: Kind
    /// Permission bits.
    public var mode: UInt32
    /// The owner.
    public var uid: UInt32
    public var gid: UInt32
    /// Bytes.
    public var size: UInt64
    /// Nanoseconds since 1970.
    public var modified: Int64
    /// The last change of the content or of these values, in nanoseconds since 1970. A program cannot set it.
    public var changed: Int64
    /// The number that identifies the file in its file system (inode).
    public var number: UInt64

    public init(
        kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, size: UInt64 = 0, modified: Int64 = 0,
        changed: Int64 = 0, number: UInt64 = 0
    ) {
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
        self.changed = changed
        self.number = number
    }
}
