// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection after an answer with `Connection: close`.
///
/// Before that, the server reads and drops the client's remaining bytes for a moment. Otherwise the kernel would reset
/// the connection, and the client could lose the answer (RFC 9112, section 9.6). The server answers no further request.
final class LingeringCloseHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var phase = Phase.open
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
        guard phase == .ended else { return context.fireChannelRead(data) }
        guard case .body(let bytes) = unwrapInboundIn(data) else { return }
        dropped += bytes.readableBytes
        if dropped > Self.mostDropped { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if phase != .ended { context.fireErrorCaught(error) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase != .ended else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let part = unwrapOutboundIn(data)
        if case .head(let head) = part, head.headerFields[.connection] == "close" { phase = .answering }
        guard case .end = part, phase == .answering else { return context.write(data, promise: promise) }
        phase = .ended
        context.writeAndFlush(data, promise: promise)
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }
}
