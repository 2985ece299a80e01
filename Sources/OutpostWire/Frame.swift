// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One message of the agent protocol: what it is, what it is about, and its content. `docs/agent-protocol.md` specifies them.
public struct Frame: Hashable, Sendable {
    public let type: UInt8
    /// The process or the stream that it is about; 0 for none.
    public let subject: UInt32
    public let payload: [UInt8]

    public init(type: UInt8, subject: UInt32, payload: [UInt8] = []) {
        self.type = type
        self.subject = subject
        self.payload = payload
    }

    /// Bytes of the payload at the most; more is sent in parts.
    public static let largestPayload = 1 << 20

    /// Bytes before the payload.
    public static let headerSize = 9

    /// Length of the payload (4 bytes, little-endian), type (1), subject (4), payload.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt32(payload.count))
        writer.write(type)
        writer.write(subject)
        return writer.bytes + payload
    }
}
