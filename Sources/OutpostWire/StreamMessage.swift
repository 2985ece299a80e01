// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A message about one direction of a stream. The two directions are independent.
public enum StreamMessage: Hashable, Sendable {
    /// Bytes. The sender must have credit for them.
    case data([UInt8])
    /// The sender can send this many more bytes.
    case credit(UInt32)
    /// The sender sends no more bytes.
    case end
    /// The receiver accepts no more bytes because of this error. It drops bytes that are on their way.
    case reset(errno: Int32)

    /// The frame of this message about the stream of this number.
    public func frame(_ stream: UInt32) -> Frame {
        switch self {
        case .data(let bytes): Frame(.data, stream, bytes)
        case .credit(let bytes): Frame(.credit, stream) { $0.write(bytes) }
        case .end: Frame(.end, stream)
        case .reset(let errno): Frame(.reset, stream) { $0.write(errno) }
        }
    }

    /// Reads a message about a stream. Nil for another type of frame.
    init?(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        switch FrameType(rawValue: frame.type) {
        case .data:
            guard !frame.payload.isEmpty else { throw WireError("data of 0 bytes") }
            self = .data(reader.takeRest())
        case .credit:
            let bytes = try reader.integer(UInt32.self)
            guard bytes > 0 else { throw WireError("credit of 0 bytes") }
            self = .credit(bytes)
        case .end: self = .end
        case .reset: self = .reset(errno: try reader.integer())
        default: return nil
        }
    }
}
