// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends a connection after an answer that says `Connection: close`.
///
/// What the client still sends is taken and dropped for a moment: were it left unread, the kernel would reset the
/// connection, and the client could lose the answer (RFC 9112, section 9.6). Nothing else is answered on the way.
final class LastAnswer: ChannelDuplexHandler, RemovableChannelHandler {
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

    /// How long a client that does not hang up gets to read the answer.
    private static let patience = TimeAmount.seconds(2)
    /// How many bytes of a body such a client gets rid of.
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
