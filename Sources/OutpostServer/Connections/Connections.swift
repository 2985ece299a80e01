// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OutpostCore
import OutpostEngine
import Synchronization

/// The connections of a server.
final class Connections: Sendable {
    private struct State {
        var book: ConnectionBook<ObjectIdentifier>
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let quotas: QuotaLedger
    private let state: Mutex<State>

    /// - Parameter strangerLimit: connections on which no valid token has come.
    init(quotas: QuotaLedger, strangerLimit: Int) {
        self.quotas = quotas
        state = Mutex(State(book: ConnectionBook(strangerLimit: strangerLimit)))
    }

    func opened(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let source = channel.remoteAddress?.ipAddress ?? "local"
        let leaving: (any Channel)? = state.withLock { state in
            state.channels[id] = channel
            return state.book.open(id, from: source).flatMap { state.channels.removeValue(forKey: $0) }
        }
        leaving?.close(promise: nil)
    }

    func closed(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let namespace = state.withLock { state in
            state.channels[id] = nil
            return state.book.close(id)
        }
        if let namespace { quotas.give(.connections, in: namespace) }
    }

    /// A call with a token of this namespace has come on a connection.
    ///
    /// - Throws: `rate_limited` and `unavailable` when the namespace, or the server, has too many; the connection is a
    ///   stranger's still, or whose it was before.
    func give(_ channel: any Channel, to namespace: NamespaceName) throws(OutpostError) {
        let id = ObjectIdentifier(channel)
        let before = state.withLock { $0.book.namespace(of: id) }
        guard before != namespace else { return }
        try quotas.take(.connections, in: namespace)
        // It may have been closed meanwhile. The calls of one connection come one after the other.
        let isThere = state.withLock { $0.book.give(id, to: namespace) }
        if !isThere { quotas.give(.connections, in: namespace) }
        if isThere, let before { quotas.give(.connections, in: before) }
    }
}

/// Tells of one connection.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: Connections
    private var isOpen = false

    init(_ connections: Connections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { open(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        open(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isOpen { connections.closed(context.channel) }
        isOpen = false
        context.fireChannelInactive()
    }

    private func open(_ context: ChannelHandlerContext) {
        guard !isOpen else { return }
        isOpen = true
        connections.opened(context.channel)
    }
}
