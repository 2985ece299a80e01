// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The sending half of a WebSocket connection. Any task may use it.
final class WebSocket: Sendable {
    private let channel: any Channel
    private let isClosed = Mutex(false)

    init(_ channel: any Channel) { self.channel = channel }

    /// Sends a text, and returns when the client's end of the connection has room for more.
    ///
    /// - Throws: when the connection is gone.
    func send(_ text: String) async throws { try await send(.text, ByteBuffer(string: text)) }

    /// As `send(_:)` of a text.
    func send(_ bytes: ByteBuffer) async throws { try await send(.binary, bytes) }

    func send(_ kind: WebSocketFrame.Kind, _ payload: ByteBuffer) async throws {
        guard !isClosed.withLock({ $0 }) else { throw ChannelError.outputClosed }
        try await write(WebSocketFrame(kind: kind, payload: payload))
    }

    /// Says why the connection ends; nothing can be sent after it. What was said first counts.
    func close(_ code: WebSocketCloseCode, _ reason: String = "") async throws {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        if isFirst { try await write(.close(code, reason)) }
    }

    /// Ends the connection after a while, whatever the client does.
    func end(in time: TimeAmount) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: time) { [channel] in channel.close(promise: nil) }
    }

    /// The write is over when the kernel has taken the frame: so a client that does not read holds up who sends.
    private func write(_ frame: WebSocketFrame) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.body(frame.bytes)).get()
    }
}

/// What a client sends over a WebSocket connection, message by message. One task takes them.
final class WebSocketMessages {
    enum Message: Hashable {
        case text(String)
        case binary(ByteBuffer)
    }

    private let socket: WebSocket
    private let pulse: WebSocketPulse
    private var bytes: RequestBody.AsyncIterator
    private var input: WebSocketInput
    private var isOver = false
    /// Whether the client broke the protocol.
    private var isBroken = false

    init(_ body: RequestBody, limit: Int, socket: WebSocket, pulse: WebSocketPulse) {
        self.socket = socket
        self.pulse = pulse
        bytes = body.makeAsyncIterator()
        input = WebSocketInput(limit: limit)
    }

    /// The next message; nil when the client has closed, or is gone. Answers the client's pings on the way.
    ///
    /// - Throws: `WebSocketInput.Failure` for a client that breaks the protocol; it has been told.
    func next() async throws -> Message? {
        while !isOver {
            do throws(WebSocketInput.Failure) {
                if let event = try input.next() {
                    if let message = await take(event) { return message }
                    continue
                }
            } catch {
                isOver = true
                isBroken = true
                try await socket.close(error.code, error.reason)
                throw error
            }
            pulse.isListening(true)
            defer { pulse.isListening(false) }
            guard let more = try await bytes.next() else {
                isOver = true
                return nil
            }
            pulse.heard()
            input.append(more)
        }
        return nil
    }

    /// Takes what still comes until the client has closed its end, too. What a client that broke the protocol still sends is
    /// dropped: were it left unread, the kernel would reset the connection, and the client could lose the reason.
    func waitForClose() async throws {
        while try await next() != nil {}
        while isBroken, try await bytes.next() != nil {}
    }

    private func take(_ event: WebSocketInput.Event) async -> Message? {
        // A client that is gone is found out about by the next read.
        switch event {
        case .text(let text): return .text(text)
        case .binary(let bytes): return .binary(bytes)
        case .ping(let payload): try? await socket.send(.pong, payload)
        case .pong: break
        case .close(let code):
            isOver = true
            try? await socket.close(code ?? .normal)
        }
        return nil
    }
}
