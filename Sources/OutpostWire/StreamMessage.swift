// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What is said of a stream that goes in frames. Each direction of a stream is by itself.
public enum StreamMessage: Hashable, Sendable {
    /// Bytes; no more than the other side has given credit for.
    case data([UInt8])
    /// So many more bytes may be sent.
    case credit(UInt32)
    /// No more bytes come from this side.
    case end
    /// This side takes nothing more, because of this error; what is under way is dropped.
    case reset(errno: Int32)

    /// The frame that says it of a stream.
    public func frame(_ stream: UInt32) -> Frame {
        switch self {
        case .data(let bytes): Frame(.data, stream, bytes)
        case .credit(let bytes): Frame(.credit, stream) { $0.write(bytes) }
        case .end: Frame(.end, stream)
        case .reset(let errno): Frame(.reset, stream) { $0.write(errno) }
        }
    }

    /// - Returns: nil when the frame is of another kind.
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
