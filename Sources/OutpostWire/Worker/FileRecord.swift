// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What is known of a file: lstat(2) as seen inside the sandbox.
public struct FileRecord: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        case file = 1
        case directory = 2
        case link = 3
        case fifo = 4
        case socket = 5
        case device = 6
    }

    public var kind: Kind
    /// Permission bits.
    public var mode: UInt32
    public var uid: UInt32
    public var gid: UInt32
    /// Bytes.
    public var size: UInt64
    /// Nanoseconds since 1970.
    public var modified: Int64

    public init(kind: Kind, mode: UInt32, uid: UInt32, gid: UInt32, size: UInt64, modified: Int64) {
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
    }
}

extension FileRecord {
    func write(to writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        writer.write(mode)
        writer.write(uid)
        writer.write(gid)
        writer.write(size)
        writer.write(modified)
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        guard let kind = Kind(rawValue: try reader.integer()) else { throw WireError("kind of file") }
        self.init(
            kind: kind, mode: try reader.integer(), uid: try reader.integer(), gid: try reader.integer(),
            size: try reader.integer(), modified: try reader.integer())
    }
}
