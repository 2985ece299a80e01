// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Something of which a stream is a sequence: each is a length of 4 bytes and so many bytes.
public protocol StreamItem: Hashable, Sendable {
    func write(to writer: inout ByteWriter)
    init(_ reader: inout ByteReader) throws(WireError)
}

extension StreamItem {
    public var encoded: [UInt8] {
        var content = ByteWriter()
        write(to: &content)
        var item = ByteWriter()
        item.write(content.bytes)
        return item.bytes
    }
}

/// Cuts the bytes of a stream into items.
public struct StreamItemDecoder<Item: StreamItem> {
    private var buffer: [UInt8] = []

    /// Bytes of one item at the most: two paths, and what is known of a file.
    public static var largest: Int { 16_384 }

    public init() {}

    /// Whether the stream may end here.
    public var isBetweenItems: Bool { buffer.isEmpty }

    /// Takes bytes, and gives the items that are whole.
    ///
    /// - Throws: `WireError` for an item that is too long or none; the stream cannot be read on after that.
    public mutating func decode(_ bytes: [UInt8]) throws(WireError) -> [Item] {
        buffer += bytes
        var items: [Item] = []
        var start = 0
        while buffer.count - start >= 4 {
            var head = ByteReader(buffer[start..<(start + 4)])
            let length = Int(try head.integer(UInt32.self))
            guard length <= Self.largest else { throw WireError("item of \(length) bytes") }
            guard buffer.count - start - 4 >= length else { break }
            var reader = ByteReader(buffer[(start + 4)..<(start + 4 + length)])
            items.append(try Item(&reader))
            try reader.finish()
            start += 4 + length
        }
        buffer.removeFirst(start)
        return items
    }
}

/// An entry of a folder.
public struct FolderEntry: StreamItem {
    /// Below the folder that was listed. File names need not be UTF-8.
    public var path: [UInt8]
    public var record: FileInformation
    /// Where a link leads; empty for others.
    public var target: [UInt8]

    public init(path: [UInt8], record: FileInformation, target: [UInt8] = []) {
        self.path = path
        self.record = record
        self.target = target
    }

    public func write(to writer: inout ByteWriter) {
        writer.write(path)
        record.write(to: &writer)
        writer.write(target)
    }

    public init(_ reader: inout ByteReader) throws(WireError) {
        path = try reader.byteArray()
        record = try FileInformation(&reader)
        target = try reader.byteArray()
    }
}

/// A change in a folder that is watched.
public struct FolderChange: StreamItem {
    public enum Kind: UInt8, Sendable {
        case created = 1
        case modified = 2
        case deleted = 3
        /// From `previous` to `path`, both below the folder.
        case moved = 4
        /// More has changed than could be kept: look anew.
        case overflow = 5
    }

    public var kind: Kind
    /// Below the folder that is watched; empty for the folder itself.
    public var path: [UInt8]
    /// Where it was, for one that moved; empty for others.
    public var previous: [UInt8]

    public init(_ kind: Kind, path: [UInt8] = [], previous: [UInt8] = []) {
        self.kind = kind
        self.path = path
        self.previous = previous
    }

    public func write(to writer: inout ByteWriter) {
        writer.write(kind.rawValue)
        writer.write(path)
        writer.write(previous)
    }

    public init(_ reader: inout ByteReader) throws(WireError) {
        guard let kind = Kind(rawValue: try reader.integer()) else { throw WireError("kind of change") }
        self.init(kind, path: try reader.byteArray(), previous: try reader.byteArray())
    }
}
