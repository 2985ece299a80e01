// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Splits a byte stream into frames. It refuses a too long frame as soon as it has the header.
public struct FrameDecoder {
    private var buffer: [UInt8] = []
    /// The index of the next frame in `buffer`.
    private var start = 0

    /// A decoder at the start of a stream.
    public init() {}

    /// Appends received bytes. Between two frames it keeps the array and copies nothing.
    public mutating func append(_ bytes: [UInt8]) {
        guard start == buffer.count else { return append(bytes[...]) }
        buffer = bytes
        start = 0
    }

    /// Appends received bytes.
    public mutating func append(_ bytes: ArraySlice<UInt8>) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Returns the next frame, or nil while its bytes are not complete.
    ///
    /// - Throws: `WireError` for a payload above `Frame.largestPayload`. The rest of the stream cannot be read then.
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
