// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The sending half of a WebSocket connection. Any task can use it.
final class WebSocket: Sendable {
    private let channel: any Channel
    private let isClosed = Mutex(false)

    init(_ channel: any Channel) { self.channel = channel }

    /// Sends a text. Returns when the kernel has taken it.
    ///
    /// - Throws: an error of swift-nio when the connection is closed.
    func send(_ text: String) async throws { try await send(.text, ByteBuffer(string: text)) }

    /// Sends bytes. Returns and throws like `send(_:)` for a text.
    func send(_ bytes: ByteBuffer) async throws { try await send(.binary, bytes) }

    /// Sends `prefix` and `bytes` as one message. Returns and throws like `send(_:)` for a text.
    func send(_ bytes: [UInt8], after prefix: [UInt8]) async throws {
        try checkOpen()
        try await write(WebSocketFrame.message(prefix, bytes))
    }

    func send(_ kind: WebSocketFrame.Kind, _ payload: ByteBuffer) async throws {
        try checkOpen()
        try await write(WebSocketFrame(kind: kind, payload: payload).bytes)
    }

    private func checkOpen() throws {
        guard !isClosed.withLock({ $0 }) else { throw ChannelError.outputClosed }
    }

    /// Sends the reason why the connection ends. Nothing can be sent after it. Only the first call has an effect.
    func close(_ code: WebSocketCloseCode, _ reason: String = "") async throws {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        if isFirst { try await write(WebSocketFrame.close(code, reason).bytes) }
    }

    /// Limits the bytes that wait in the kernel for the client (socket(7), `SO_SNDBUF`; the kernel doubles the number).
    ///
    /// - Throws: an error of swift-nio when the connection is closed.
    func limitUnsent(to bytes: Int32) async throws {
        try await channel.setOption(.socketOption(.so_sndbuf), value: SocketOptionValue(bytes)).get()
    }

    /// Closes the connection after `time`, unless the returned task is cancelled.
    func end(in time: TimeAmount) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: time) { [channel] in channel.close(promise: nil) }
    }

    /// Sends a ping after each `interval`, until the returned task is cancelled. The interval begins when the kernel has
    /// taken the ping before. The event loop does this, because a waiting task takes some kilobytes of memory.
    ///
    /// - Parameters:
    ///   - mayGoOn: called before each ping.
    ///   - onLoss: called when `mayGoOn` has returned false, or the connection is closed. No ping is sent after it.
    func repeatPing(
        every interval: TimeAmount, while mayGoOn: @escaping @Sendable () -> Bool,
        onLoss: @escaping @Sendable () -> Void
    ) -> RepeatedTask {
        channel.eventLoop.scheduleRepeatedAsyncTask(initialDelay: interval, delay: interval) { [channel] task in
            let ping = HTTPResponsePart.body(WebSocketFrame(kind: .ping, payload: ByteBuffer()).bytes)
            let sent =
                !self.isClosed.withLock({ $0 }) && mayGoOn()
                ? channel.writeAndFlush(ping) : channel.eventLoop.makeFailedFuture(ChannelError.outputClosed)
            sent.whenFailure { _ in
                task.cancel()
                onLoss()
            }
            return sent
        }
    }

    /// Returns when the kernel has taken the frame. A client that does not read thus slows the sender down.
    private func write(_ frame: ByteBuffer) async throws {
        try await channel.writeAndFlush(HTTPResponsePart.body(frame)).get()
    }
}

/// The receiving half of a WebSocket connection. Only one task may use it.
final class WebSocketMessages {
    private let socket: WebSocket
    private let pulse: WebSocketPulse
    private var bytes: RequestBody.AsyncIterator
    private var input: WebSocketInput
    private var isOver = false
    /// Whether the client broke the protocol.
    private var isBroken = false

    enum Message: Hashable {
        case text(String)
        case binary(ByteBuffer)
    }

    init(_ body: RequestBody, limit: Int, socket: WebSocket, pulse: WebSocketPulse) {
        self.socket = socket
        self.pulse = pulse
        bytes = body.makeAsyncIterator()
        input = WebSocketInput(limit: limit)
    }

    /// Returns the next message; nil when the client has closed or is gone. Answers pings meanwhile.
    ///
    /// - Throws: `WebSocketInput.Failure` when the client breaks the protocol. The client has got the reason.
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

    /// Reads and drops input until the client has closed its end too. This also reads from a client that broke the
    /// protocol. Otherwise the kernel would reset the connection, and the client could lose the reason.
    func waitForClose() async throws {
        while try await next() != nil {}
        while isBroken, try await bytes.next() != nil {}
    }

    private func take(_ event: WebSocketInput.Event) async -> Message? {
        // The next read finds out when the client is gone.
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
