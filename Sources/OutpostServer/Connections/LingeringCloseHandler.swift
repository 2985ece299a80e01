// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection after the last answer: one with `Connection: close`, or one to a request with it.
///
/// Before that, the server reads and drops the client's remaining bytes for a moment. Otherwise the kernel would reset
/// the connection, and the client could lose the answer (RFC 9112, section 9.6). The server answers no further request.
final class LingeringCloseHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var phase = Phase.open
    /// Requests whose head has arrived.
    private var requests = 0
    /// Answers that were written to their end.
    private var answers = 0
    /// The number of the first request with `Connection: close`. The client sends no other after it.
    private var lastRequest: Int?
    /// Bytes read and dropped.
    private var dropped = 0

    private enum Phase {
        case open
        /// The server writes the last answer.
        case answering
        case ended
    }

    /// The time for the client to read the answer and close.
    private static let patience = TimeAmount.seconds(2)
    /// The most bytes that the server drops before it closes.
    private static let mostDropped = 32 << 20

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if case .head(let head) = part {
            requests += 1
            if lastRequest == nil, head.headerFields.asksForClose { lastRequest = requests }
        }
        guard phase == .ended else { return context.fireChannelRead(data) }
        guard case .body(let bytes) = part else { return }
        dropped += bytes.readableBytes
        if dropped > Self.mostDropped { context.close(promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard phase == .ended else { return context.fireChannelReadComplete() }
        // Nobody behind this handler asks for more: the reader of the body is gone, or waits for the end.
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if phase != .ended { context.fireErrorCaught(error) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase != .ended else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational && answers + 1 == lastRequest:
            head.headerFields[.connection] = "close"
            phase = .answering
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head(let head):
            if head.headerFields.asksForClose { phase = .answering }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            answers += 1
            if phase == .answering { end(context, data, promise) } else { context.write(data, promise: promise) }
        }
    }

    /// Writes the end of the last answer. The client's moment begins when the kernel has taken it.
    private func end(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        phase = .ended
        let written = promise ?? context.eventLoop.makePromise()
        let channel = context.channel
        written.futureResult.whenComplete { _ in
            channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        }
        context.writeAndFlush(data, promise: written)
        context.close(mode: .output, promise: nil)
        context.read()
    }
}

extension HTTPFields {
    /// Whether the header `Connection` has the option `close` (RFC 9110, section 7.6.1).
    fileprivate var asksForClose: Bool { lists("close", in: .connection) }
}
