// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One entry of an archive: all that its headers say about a file, and not the file's content.
public struct TarEntry: Hashable, Sendable {
    /// The name as the archive has it: any bytes but NUL, of no particular encoding. Nobody has judged it. It may be
    /// absolute, and it may have `..` in it.
    public var path: [UInt8]
    /// What the entry is.
    public var kind: TarKind
    /// The twelve bits of permissions, set-id and sticky, as in chmod(2).
    public var mode: UInt32
    /// The owner. An archive may hold a negative number here.
    public var uid: Int64
    /// The group. An archive may hold a negative number here.
    public var gid: Int64
    /// The name of the owner, which may be empty.
    public var userName: [UInt8]
    /// The name of the group, which may be empty.
    public var groupName: [UInt8]
    /// Bytes of the file, holes included. 0 for everything that is not a file.
    public var size: UInt64
    /// When the content last changed.
    public var modified: TarTime
    /// Where a sparse file has data, in rising order and without overlaps. The rest of the file is holes. Nil for a file
    /// that is stored whole.
    public var extents: [TarExtent]?
    /// Extended attributes by name, as in xattr(7): `user.mime_type`.
    public var attributes: [[UInt8]: [UInt8]]

    /// An entry that root owns, with no attributes, and with no holes unless `extents` are given.
    public init(
        path: [UInt8], kind: TarKind, mode: UInt32 = 0o644, uid: Int64 = 0, gid: Int64 = 0, userName: [UInt8] = [],
        groupName: [UInt8] = [], size: UInt64 = 0, modified: TarTime = TarTime(seconds: 0),
        extents: [TarExtent]? = nil, attributes: [[UInt8]: [UInt8]] = [:]
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.userName = userName
        self.groupName = groupName
        self.size = size
        self.modified = modified
        self.extents = extents
        self.attributes = attributes
    }

    /// Bytes of content that stand in the archive: `size` without the holes.
    public var storedSize: UInt64 {
        guard let extents else { return size }
        return extents.reduce(0) { $0 &+ $1.count }
    }
}
