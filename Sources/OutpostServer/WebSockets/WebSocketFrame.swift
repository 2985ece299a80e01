// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// One frame (RFC 6455, section 5.2) with an unmasked payload.
struct WebSocketFrame: Hashable {
    var kind: Kind
    /// Whether the frame is the last of its message.
    var isFinal = true
    var payload: ByteBuffer

    /// The opcodes of the RFC.
    enum Kind: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA

        var isControl: Bool { rawValue >= 0x8 }
    }

    /// The largest payload of a control frame in bytes (section 5.5).
    static let largestControlPayload = 125

    /// The frame as the server sends it. A server does not mask (section 5.1).
    var bytes: ByteBuffer {
        var bytes = Self.head(kind, isFinal: isFinal, length: payload.readableBytes)
        bytes.writeImmutableBuffer(payload)
        return bytes
    }

    /// Returns a whole binary message as the server sends it. The payload is copied only once.
    ///
    /// - Parameter prefix: the first bytes of the payload, before `rest`.
    static func message(_ prefix: [UInt8], _ rest: [UInt8]) -> ByteBuffer {
        var bytes = head(.binary, isFinal: true, length: prefix.count + rest.count)
        bytes.writeBytes(prefix)
        bytes.writeBytes(rest)
        return bytes
    }

    /// Returns the bytes before a payload, with room for it.
    private static func head(_ kind: Kind, isFinal: Bool, length: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(length + 10)
        bytes.writeInteger((isFinal ? 0x80 : 0) | kind.rawValue)
        switch length {
        case ...125: bytes.writeInteger(UInt8(length))
        case ...0xFFFF:
            bytes.writeInteger(126 as UInt8)
            bytes.writeInteger(UInt16(length))
        default:
            bytes.writeInteger(127 as UInt8)
            bytes.writeInteger(UInt64(length))
        }
        return bytes
    }

    /// Returns the frame with the reason why the connection ends (section 5.5.1). Cuts a long `reason`.
    static func close(_ code: WebSocketCloseCode, _ reason: String = "") -> WebSocketFrame {
        var payload = ByteBuffer()
        payload.writeInteger(code.rawValue)
        payload.writeString(String(reason.cut(toUTF8Count: largestControlPayload - 2)))
        return WebSocketFrame(kind: .close, payload: payload)
    }
}

/// The reason why a connection ends (RFC 6455, section 7.4).
struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt16

    static let normal = WebSocketCloseCode(rawValue: 1000)
    static let goingAway = WebSocketCloseCode(rawValue: 1001)
    static let protocolError = WebSocketCloseCode(rawValue: 1002)
    static let notUTF8 = WebSocketCloseCode(rawValue: 1007)
    static let policyViolation = WebSocketCloseCode(rawValue: 1008)
    static let tooBig = WebSocketCloseCode(rawValue: 1009)
    static let internalError = WebSocketCloseCode(rawValue: 1011)

    /// Whether the code may be in a frame. 1004 to 1006 and 1015 never may, and codes below 3000 must be defined.
    var isSendable: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

extension String {
    /// Returns the longest prefix of whole Unicode scalars with at most `count` bytes.
    fileprivate func cut(toUTF8Count count: Int) -> Substring {
        var end = utf8.index(startIndex, offsetBy: count, limitedBy: utf8.endIndex) ?? utf8.endIndex
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end]
    }
}
