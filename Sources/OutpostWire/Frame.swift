// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One message of the agent protocol (docs/agent-protocol.md).
public struct Frame: Hashable, Sendable {
    /// The kind of message, a `FrameType`.
    public let type: UInt8
    /// The number of the process, stream or request that the message is about; 0 for none.
    public let subject: UInt32
    /// The content.
    public let payload: [UInt8]

    /// A frame with these values.
    public init(type: UInt8, subject: UInt32, payload: [UInt8] = []) {
        self.type = type
        self.subject = subject
        self.payload = payload
    }

    /// The most bytes of a payload. Longer content is sent in several frames.
    public static let largestPayload = 1 << 20

    /// The bytes before the payload.
    public static let headerSize = 9

    /// The bytes before the payload: its length (4 bytes, little-endian), type (1), subject (4).
    public var head: [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt32(payload.count))
        writer.write(type)
        writer.write(subject)
        return writer.bytes
    }

    /// The bytes of the frame.
    public var encoded: [UInt8] { head + payload }
}
