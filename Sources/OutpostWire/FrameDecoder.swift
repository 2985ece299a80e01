// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Splits a byte stream into frames. It refuses a too long frame as soon as it has the header.
public struct FrameDecoder {
    private var buffer: [UInt8] = []
    /// The index of the next frame in `buffer`.
    private var start = 0
    /// The stream of the data frame that `nextPiece` is in, and the bytes of the frame that are left.
    private var content: (stream: UInt32, rest: Int)?

    /// What `nextPiece` returns.
    public enum Piece: Equatable {
        /// A whole frame.
        case frame(Frame)
        /// Bytes of a stream, from a data frame that need not be complete. They share the decoder's memory.
        case data(UInt32, ArraySlice<UInt8>)
    }

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
        guard let head = try head() else { return nil }
        let payload = start + Frame.headerSize
        guard buffer.count - payload >= head.length else { return nil }
        defer { start = payload + head.length }
        return Frame(
            type: head.type, subject: head.subject, payload: Array(buffer[payload..<(payload + head.length)]))
    }

    /// Returns the next frame, or the bytes of a data frame as they come. So a large frame is neither collected nor copied. Use
    /// either this or `next` for a stream. Nil while there is nothing to return.
    ///
    /// - Throws: as `next`; also for a data frame without bytes.
    public mutating func nextPiece() throws(WireError) -> Piece? {
        if content == nil, let head = try head(), head.type == FrameType.data.rawValue {
            guard head.length > 0 else { throw WireError("data of 0 bytes") }
            content = (head.subject, head.length)
            start += Frame.headerSize
        }
        guard let (stream, rest) = content else { return try next().map { .frame($0) } }
        let end = min(buffer.count, start + rest)
        guard end > start else { return nil }
        let left = rest - (end - start)
        content = left > 0 ? (stream, left) : nil
        defer { start = end }
        return .data(stream, buffer[start..<end])
    }

    /// The header of the next frame. Nil while it is not complete.
    private func head() throws(WireError) -> (length: Int, type: UInt8, subject: UInt32)? {
        guard buffer.count - start >= Frame.headerSize else { return nil }
        var reader = ByteReader(buffer[start..<(start + Frame.headerSize)])
        let length = Int(try reader.integer(UInt32.self))
        guard length <= Frame.largestPayload else { throw WireError("frame of \(length) bytes") }
        return (length, try reader.integer(), try reader.integer())
    }
}
