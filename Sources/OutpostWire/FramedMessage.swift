// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A message of one frame. Messages about a stream have the same frames in every protocol.
protocol FramedMessage {
    /// A message about the stream of this number.
    static func stream(_ stream: UInt32, _ message: StreamMessage) -> Self

    /// Reads a message that is not about a stream. The caller checks that no bytes remain in `reader`.
    init(_ frame: Frame, _ reader: inout ByteReader) throws(WireError)
}

extension FramedMessage {
    /// Reads the message of a frame.
    ///
    /// - Throws: `WireError` for an unknown type, invalid content, or bytes after the content.
    static func read(_ frame: Frame) throws(WireError) -> Self {
        var reader = ByteReader(frame.payload[...])
        let message: Self
        if let said = try StreamMessage(frame, &reader) {
            message = stream(frame.subject, said)
        } else {
            message = try Self(frame, &reader)
        }
        try reader.finish()
        return message
    }
}
