// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// Parses and checks the frames of a client (RFC 6455, sections 5 and 8.1). It is a value and does no input or output.
///
/// swift-nio's decoder of frames works only in a channel's pipeline. Here the handler asks for each message, and a slow
/// handler slows its client down.
struct WebSocketInput {
    /// The most bytes of a message, in all its frames.
    let limit: Int
    /// Bytes that are not parsed yet.
    private var pending = ByteBuffer()
    /// The unfinished message: its kind, and its bytes so far.
    private var message: (kind: WebSocketFrame.Kind, bytes: ByteBuffer)?

    enum Event: Hashable {
        case text(String)
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong
        /// Nil when the client gives no code.
        case close(WebSocketCloseCode?)
    }

    /// How the client broke the protocol.
    struct Failure: Error, Hashable {
        let code: WebSocketCloseCode
        let reason: String
    }

    init(limit: Int) { self.limit = limit }

    mutating func append(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            // Only here: once for each frame, the same bytes would move again and again.
            pending.discardReadBytes()
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// Returns the next event; nil when it needs more bytes.
    ///
    /// - Throws: `Failure` when the client breaks the protocol. The value must not be used after it.
    mutating func next() throws(Failure) -> Event? {
        while let frame = try nextFrame() {
            switch frame.kind {
            case .ping: return .ping(frame.payload)
            case .pong: return .pong
            case .close: return .close(try Self.closeCode(frame.payload))
            case .text, .binary, .continuation:
                if let event = try add(frame) { return event }
            }
        }
        return nil
    }

    /// Adds a frame to the message, and returns the message when the frame is its last.
    private mutating func add(_ frame: WebSocketFrame) throws(Failure) -> Event? {
        switch (frame.kind, message) {
        case (.continuation, nil): throw Self.violation("a continuation frame without a message")
        case (.continuation, var begun?):
            // A second reference to the bytes would make each write copy them all.
            message = nil
            begun.bytes.writeImmutableBuffer(frame.payload)
            message = begun
        case (_, nil): message = (frame.kind, frame.payload)
        case (_, _?): throw Self.violation("a new message before the last one ended")
        }
        guard frame.isFinal, let whole = message else { return nil }
        message = nil
        guard whole.kind == .text else { return .binary(whole.bytes) }
        guard let text = String(validating: whole.bytes.readableBytesView, as: UTF8.self) else {
            throw Failure(code: .notUTF8, reason: "a text that is not UTF-8")
        }
        return .text(text)
    }

    private mutating func nextFrame() throws(Failure) -> WebSocketFrame? {
        var bytes = pending
        guard let first = bytes.readInteger(as: UInt8.self), let second = bytes.readInteger(as: UInt8.self) else {
            return nil
        }
        guard first & 0x70 == 0, let kind = WebSocketFrame.Kind(rawValue: first & 0x0F) else {
            throw Self.violation("a frame of an unknown kind")
        }
        let isFinal = first & 0x80 != 0
        guard second & 0x80 != 0 else { throw Self.violation("a frame without a mask") }
        guard let length = try Self.length(second & 0x7F, &bytes) else { return nil }
        if kind.isControl, !isFinal || length > WebSocketFrame.largestControlPayload {
            throw Self.violation("a control frame in parts or too long")
        }
        guard length <= limit - (kind.isControl ? 0 : message?.bytes.readableBytes ?? 0) else {
            throw Failure(code: .tooBig, reason: "a message of more than \(limit) bytes")
        }
        guard let key = bytes.readWebSocketMaskingKey(), var payload = bytes.readSlice(length: length) else {
            return nil
        }
        payload.webSocketUnmask(key)
        pending.moveReaderIndex(to: bytes.readerIndex)
        return WebSocketFrame(kind: kind, isFinal: isFinal, payload: payload)
    }

    /// Reads the length of the payload; nil when it is incomplete. It must have the shortest encoding (section 5.2).
    private static func length(_ short: UInt8, _ bytes: inout ByteBuffer) throws(Failure) -> Int? {
        switch short {
        case ..<126: return Int(short)
        case 126:
            guard let length = bytes.readInteger(as: UInt16.self) else { return nil }
            guard length >= 126 else { throw violation("a length in more bytes than it needs") }
            return Int(length)
        default:
            guard let length = bytes.readInteger(as: UInt64.self) else { return nil }
            guard length > 0xFFFF, let length = Int(exactly: length) else {
                throw violation("a length in more bytes than it needs")
            }
            return length
        }
    }

    private static func closeCode(_ payload: ByteBuffer) throws(Failure) -> WebSocketCloseCode? {
        var payload = payload
        if payload.readableBytes == 0 { return nil }
        guard let number = payload.readInteger(as: UInt16.self), WebSocketCloseCode(rawValue: number).isSendable else {
            throw violation("an invalid close code")
        }
        guard String(validating: payload.readableBytesView, as: UTF8.self) != nil else {
            throw Failure(code: .notUTF8, reason: "a reason that is not UTF-8")
        }
        return WebSocketCloseCode(rawValue: number)
    }

    private static func violation(_ reason: String) -> Failure { Failure(code: .protocolError, reason: reason) }
}

extension ByteBuffer {
    fileprivate mutating func readWebSocketMaskingKey() -> WebSocketMaskingKey? {
        readBytes(length: 4).flatMap { WebSocketMaskingKey($0) }
    }
}
