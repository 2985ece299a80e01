// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Cuts a byte stream into frames. A length above the cap is refused before a byte of it is kept.
public struct FrameDecoder {
    private var buffer: [UInt8] = []
    private var start = 0

    public init() {}

    public mutating func append(_ bytes: [UInt8]) { append(bytes[...]) }

    public mutating func append(_ bytes: ArraySlice<UInt8>) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame, or nil until more bytes come.
    ///
    /// - Throws: `WireError` for a length above the cap; the stream cannot be read on after that.
    public mutating func next() throws(WireError) -> Frame? {
        guard buffer.count - start >= Frame.headerSize else { return nil }
        var reader = ByteReader(buffer[start...])
        let length = Int(try reader.integer(UInt32.self))
        guard length <= Frame.largestPayload else { throw WireError("frame of \(length) bytes") }
        let type = try reader.integer(UInt8.self)
        let subject = try reader.integer(UInt32.self)
        let payload = start + Frame.headerSize
        guard buffer.count - payload >= length else { return nil }
        defer { start = payload + length }
        return Frame(type: type, subject: subject, payload: Array(buffer[payload..<(payload + length)]))
    }
}
