// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTPTypes

/// Tells the stream of events in progress when its client has gone away.
///
/// The kernel tells only that the client sends nothing more. This is also true for a client that has closed its sending
/// side and still reads (shutdown(2), `SHUT_WR`). So the handler sends a comment line then. The kernel of a client that is
/// gone answers it with a reset, and the connection closes.
final class ClientDeparture: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    private var action: (@Sendable () -> Void)?
    private var isInputOver = false

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            isInputOver = true
            probe(context.channel)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        action?()
        action = nil
        context.fireChannelInactive()
    }

    private func probe(_ channel: any Channel) {
        guard action != nil else { return }
        let comment = HTTPResponsePart.body(ByteBuffer(bytes: EventText.comment))
        channel.writeAndFlush(comment, promise: nil)
    }

    private func set(_ action: (@Sendable () -> Void)?, _ channel: any Channel) {
        self.action = action
        if isInputOver { probe(channel) }
    }

    /// Calls `action` once when the client of `channel` goes away, until `forget`.
    ///
    /// - Throws: an error of swift-nio when the connection is closed already.
    static func watch(_ channel: any Channel, _ action: @escaping @Sendable () -> Void) async throws {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ClientDeparture.self).set(action, channel)
        }.get()
    }

    /// Ends a watch.
    static func forget(_ channel: any Channel) {
        channel.eventLoop.execute {
            // A closed connection has no handlers any more.
            try? channel.pipeline.syncOperations.handler(type: ClientDeparture.self).set(nil, channel)
        }
    }
}
