// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One message: a type and its payload.
public struct Frame: Hashable, Sendable {
    public let type: UInt8
    public let payload: [UInt8]

    public init(type: UInt8, payload: [UInt8]) {
        self.type = type
        self.payload = payload
    }

    /// No frame is larger; what is, is sent in parts.
    public static let largestPayload = 1 << 20

    /// Length of the payload (4 bytes, little-endian), type, payload.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt32(payload.count))
        writer.write(type)
        return writer.bytes + payload
    }
}

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
        guard buffer.count - start >= 5 else { return nil }
        var reader = ByteReader(buffer[start...])
        let length = Int(try reader.integer(UInt32.self))
        guard length <= Frame.largestPayload else { throw WireError("frame of \(length) bytes") }
        guard buffer.count - start >= 5 + length else { return nil }
        let payload = Array(buffer[(start + 5)..<(start + 5 + length)])
        defer { start += 5 + length }
        return Frame(type: buffer[start + 4], payload: payload)
    }
}
