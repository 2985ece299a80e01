// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTPTypes

/// Tells a call that its client has gone away in the middle of its body. Such a body never becomes complete.
struct BodyWatch {
    private let channel: any Channel

    /// Calls `action` at most once, until `end`.
    init(_ channel: any Channel, _ action: @escaping @Sendable () -> Void) {
        self.channel = channel
        channel.eventLoop.execute {
            do {
                try channel.pipeline.syncOperations.handler(type: CutBodyHandler.self).set(action)
            } catch {
                // A closed connection has no handlers any more.
                action()
            }
        }
    }

    /// Ends the watch.
    func end() {
        channel.eventLoop.execute { [channel] in
            try? channel.pipeline.syncOperations.handler(type: CutBodyHandler.self).set(nil)
        }
    }
}

/// Watches for the end of the client's input inside a body.
final class CutBodyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    private var action: (@Sendable () -> Void)?
    private var isReceiving = false
    private var isInputOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isReceiving = true
        case .body: break
        case .end: isReceiving = false
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { endInput() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        endInput()
        context.fireChannelInactive()
    }

    fileprivate func set(_ action: (@Sendable () -> Void)?) {
        self.action = action
        if isInputOver { tell() }
    }

    private func endInput() {
        isInputOver = true
        tell()
    }

    private func tell() {
        guard isReceiving else { return }
        action?()
        action = nil
    }
}
