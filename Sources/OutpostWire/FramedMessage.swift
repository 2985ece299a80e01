// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A message that fills one frame. What is said of a stream has the same frame in every kind of message.
protocol FramedMessage {
    static func stream(_ stream: UInt32, _ message: StreamMessage) -> Self

    /// Reads a message that is about no stream. The caller refuses what is left in `reader`.
    init(_ frame: Frame, _ reader: inout ByteReader) throws(WireError)
}

extension FramedMessage {
    /// Reads a message that takes the whole frame.
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
