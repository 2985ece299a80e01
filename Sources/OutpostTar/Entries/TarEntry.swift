// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One entry of an archive: everything that its headers say about a file. It does not have the file's content.
public struct TarEntry: Hashable, Sendable {
    /// The path from the archive: bytes other than NUL, in no particular encoding. It is unchecked: it may be absolute
    /// and may have `..` in it.
    public var path: [UInt8]
    /// The kind of the entry.
    public var kind: TarKind
    /// The twelve bits of permissions, set-id and sticky, as in chmod(2).
    public var mode: UInt32
    /// The user id of the owner. It may be negative in an archive.
    public var uid: Int64
    /// The group id. It may be negative in an archive.
    public var gid: Int64
    /// The name of the owner, which may be empty.
    public var userName: [UInt8]
    /// The name of the group, which may be empty.
    public var groupName: [UInt8]
    /// Bytes of the file, with its holes. 0 for an entry that is not a file.
    public var size: UInt64
    /// When the content changed last.
    public var modified: TarTime
    /// The parts of a sparse file that have data, in ascending order and without overlaps. The rest of the file is holes.
    /// Nil for a file that is stored whole.
    public var extents: [TarExtent]?
    /// Extended attributes by name, such as `user.mime_type` (xattr(7)).
    public var attributes: [[UInt8]: [UInt8]]

    /// Makes an entry. By default root owns it, and it has no attributes and no holes.
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

    /// Bytes of the file that the archive stores: `size` without the holes.
    public var storedSize: UInt64 {
        guard let extents else { return size }
        return extents.reduce(0) { $0 &+ $1.count }
    }
}

/// A part of a sparse file that has data.
public struct TarExtent: Hashable, Sendable {
    /// Bytes of the file before the part.
    public var offset: UInt64
    /// Bytes of the part.
    public var count: UInt64

    /// The part of `count` bytes that begins at `offset`.
    public init(offset: UInt64, count: UInt64) {
        self.offset = offset
        self.count = count
    }
}

/// A time, as in timespec(3type): `nanoseconds` after `seconds`, also before 1970.
public struct TarTime: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var seconds: Int64
    /// Nanoseconds after the second, 0 to 999,999,999.
    public var nanoseconds: UInt32

    /// The time `nanoseconds` after `seconds` since 1970.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Nanoseconds since 1970. A time outside of the range of the type, before 1677 or after 2262, becomes the nearest one that
    /// can be told: an archive can have any time.
    public var sinceEpoch: Int64 {
        let (product, isLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isLarger) = product.addingReportingOverflow(Int64(nanoseconds))
        return isLarge || isLarger ? (seconds < 0 ? -Int64.max : .max) : sum
    }
}
