// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// An item of a stream that is a sequence of items. Each item is a length of 4 bytes and that many bytes.
public protocol StreamItem: Hashable, Sendable {
    /// Appends the item without its length.
    func write(to writer: inout ByteWriter)
    /// Reads an item without its length.
    init(_ reader: inout ByteReader) throws(WireError)
}

extension StreamItem {
    /// The bytes of the item with its length.
    public var encoded: [UInt8] {
        var content = ByteWriter()
        write(to: &content)
        var item = ByteWriter()
        item.write(content.bytes)
        return item.bytes
    }
}

/// Splits the bytes of a stream into items.
public struct StreamItemDecoder<Item: StreamItem> {
    private var buffer: [UInt8] = []

    /// The most bytes of one item: two paths and the information of a file.
    public static var largest: Int { 16_384 }

    /// A decoder at the start of a stream.
    public init() {}

    /// Whether no part of an item is buffered. The stream can end only then.
    public var isBetweenItems: Bool { buffer.isEmpty }

    /// Appends received bytes and returns the items that are complete.
    ///
    /// - Throws: `WireError` for an item that is too long or invalid. The rest of the stream cannot be read then.
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

/// An entry of a listed folder.
public struct FolderEntry: StreamItem {
    /// The path below the listed folder, as bytes, because file names need not be UTF-8.
    public var path: [UInt8]
    /// The information of the entry.
    public var record: FileInformation
    /// The target of a link; empty for other entries.
    public var target: [UInt8]

    /// An entry with these values.
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

/// A change in a watched folder.
public struct FolderChange: StreamItem {
    /// The kind of a change.
    public enum Kind: UInt8, Sendable {
        case created = 1
        case modified = 2
        case deleted = 3
        /// Moved from `previous` to `path`. Both are below the watched folder.
        case moved = 4
        /// Changes were lost. The client must list the folder again.
        case overflow = 5
    }

    /// The kind of the change.
    public var kind: Kind
    /// The path below the watched folder; empty for the folder itself.
    public var path: [UInt8]
    /// The old path of a moved entry; empty for other changes.
    public var previous: [UInt8]

    /// A change with these values.
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
