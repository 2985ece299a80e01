// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OutpostCore
import OutpostEngine
import Synchronization

/// The connections of a server. Counts those of each namespace in its quota.
final class Connections: Sendable {
    private let quotas: QuotaLedger
    private let state: Mutex<State>

    private struct State {
        var book: ConnectionBook<ObjectIdentifier>
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    /// - Parameter strangerLimit: the most connections without a valid token.
    init(quotas: QuotaLedger, strangerLimit: Int) {
        self.quotas = quotas
        state = Mutex(State(book: ConnectionBook(strangerLimit: strangerLimit)))
    }

    /// Adds a connection, and closes another one when there are too many without a token.
    func opened(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let source = channel.remoteAddress?.ipAddress ?? "local"
        let leaving: (any Channel)? = state.withLock { state in
            state.channels[id] = channel
            return state.book.open(id, from: source).flatMap { state.channels.removeValue(forKey: $0) }
        }
        leaving?.close(promise: nil)
    }

    /// Removes a connection, and returns its part of the quota.
    func closed(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let namespace = state.withLock { state in
            state.channels[id] = nil
            return state.book.close(id)
        }
        if let namespace { quotas.give(.connections, in: namespace) }
    }

    /// Closes all connections at once.
    ///
    /// - Returns: how many there were.
    func closeAll() -> Int {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
        return channels.count
    }

    /// Gives a connection to the namespace of a token that has come over it.
    ///
    /// - Throws: `rate_limited` when the namespace has too many connections; `unavailable` when the server has. The
    ///   connection then belongs to the same owner as before.
    func give(_ channel: any Channel, to namespace: NamespaceName) throws(OutpostError) {
        let id = ObjectIdentifier(channel)
        let before = state.withLock { $0.book.namespace(of: id) }
        guard before != namespace else { return }
        try quotas.take(.connections, in: namespace)
        // The connection may have closed meanwhile. Two calls of one connection never run at the same time.
        let isThere = state.withLock { $0.book.give(id, to: namespace) }
        if !isThere { quotas.give(.connections, in: namespace) }
        if isThere, let before { quotas.give(.connections, in: before) }
    }
}

/// Tells `Connections` when one connection opens and closes.
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
        startSmall(context)
        connections.opened(context.channel)
    }

    /// Makes the first buffer of the connection as small as most requests. The connection keeps it, and grows it only for a
    /// client that sends more.
    private func startSmall(_ context: ChannelHandlerContext) {
        let sizes = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 1024, maximum: 65_536)
        do {
            try context.channel.syncOptions?.setOption(.recvAllocator, value: sizes)
        } catch {
            // The connection is closed, and reads nothing any more.
        }
    }
}
