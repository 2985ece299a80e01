// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends a connection after an answer that says `Connection: close`.
///
/// The server reads and drops for a moment what the client still sends. If it left that unread, the kernel would reset the
/// connection, and the client could lose the answer (RFC 9112, section 9.6). The server answers no other request meanwhile.
final class LingeringCloseHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        case open
        /// The answer that is being written is the last one.
        case answering
        case ended
    }

    /// How long a client that does not close the connection gets to read the answer.
    private static let patience = TimeAmount.seconds(2)
    /// How many bytes the server drops before it closes the connection.
    private static let mostDropped = 32 << 20

    private var phase = Phase.open
    private var dropped = 0

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
