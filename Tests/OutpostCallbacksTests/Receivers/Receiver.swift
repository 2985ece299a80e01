// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// What a receiver does once it has a request.
enum ReceiverAnswer: Sendable {
    /// Writes this and waits.
    case text(String)
    /// Writes the first, then the second again and again, as fast as it is taken.
    case endless(String, then: String)
    /// Writes the first, then a byte each tenth of a second.
    case slow(String)
    /// Closes the connection.
    case close
}

extension ReceiverAnswer {
    static func status(_ status: String, headers: String = "", body: String = "ok") -> ReceiverAnswer {
        .text("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }
}

/// A small HTTP server on a port of the loopback interface.
final class Receiver: Sendable {
    private struct Seen {
        var requests: [String] = []
        var bytesTaken = 0
    }

    private let seen = NIOLockedValueBox(Seen())
    private let first: EventLoopPromise<Void>
    private let closed: EventLoopPromise<Void>
    private let answer: ReceiverAnswer

    private init(_ answer: ReceiverAnswer) {
        self.answer = answer
        first = MultiThreadedEventLoopGroup.singleton.any().makePromise()
        closed = MultiThreadedEventLoopGroup.singleton.any().makePromise()
    }

    /// A receiver for `body`, closed after it.
    static func answering<Result>(
        _ answer: ReceiverAnswer, tls: NIOSSLContext? = nil, _ body: (Receiver, Int) async throws -> Result
    ) async throws -> Result {
        let receiver = Receiver(answer)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(ReceiverHandler(receiver, answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer {
            receiver.first.succeed()
            receiver.closed.succeed()
        }
        do {
            let result = try await body(receiver, channel.localAddress?.port ?? 0)
            try await channel.close()
            return result
        } catch {
            try await channel.close()
            throw error
        }
    }

    /// Every request, whole, as it came.
    var requests: [String] { seen.withLockedValue(\.requests) }

    /// How much of an endless or a slow answer the other end has taken.
    var bytesTaken: Int { seen.withLockedValue(\.bytesTaken) }

    /// Returns when a request has come.
    func firstRequest() async throws { try await first.futureResult.get() }

    /// Returns when a connection has ended.
    func firstClosed() async throws { try await closed.futureResult.get() }

    fileprivate func received(_ request: String) {
        seen.withLockedValue { $0.requests.append(request) }
        first.succeed()
    }

    fileprivate func ended() { closed.succeed() }

    fileprivate func gave(_ bytes: Int) { seen.withLockedValue { $0.bytesTaken += bytes } }
}

/// Collects a request with a `Content-Length` and answers it.
private final class ReceiverHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let receiver: Receiver
    private let answer: ReceiverAnswer
    private var text = ""
    private var drip: RepeatedTask?

    init(_ receiver: Receiver, _ answer: ReceiverAnswer) {
        self.receiver = receiver
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard isComplete else { return }
        receiver.received(text)
        text = ""
        reply(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        drip?.cancel()
        receiver.ended()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private var isComplete: Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let header = text[..<end.lowerBound].lowercased()
        let length = header.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
        return text[end.upperBound...].utf8.count >= length.flatMap { Int($0.dropFirst(16)) } ?? 0
    }

    private func reply(_ channel: any Channel) {
        switch answer {
        case .text(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        case .endless(let start, let more): Self.write(start, then: more, to: channel, receiver)
        case .slow(let start):
            channel.writeAndFlush(ByteBuffer(string: start), promise: nil)
            drip = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(100)) {
                [receiver] _ in
                channel.writeAndFlush(ByteBuffer(string: "x")).whenSuccess { receiver.gave(1) }
            }
        case .close: channel.close(promise: nil)
        }
    }

    /// Writes until the other end has had enough.
    private static func write(_ text: String, then more: String, to channel: any Channel, _ receiver: Receiver) {
        channel.writeAndFlush(ByteBuffer(string: text)).whenSuccess {
            receiver.gave(text.utf8.count)
            write(more, then: more, to: channel, receiver)
        }
    }
}
