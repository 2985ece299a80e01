// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Tells which of a few descriptors have become readable, in the order in which they did.
///
/// It is an epoll of its own, with edges: a descriptor is listed once each time that something comes, after those to which
/// something came before (epoll(7); fs/eventpoll.c, `ep_poll_callback`). With levels one that is still readable would go
/// back to the end of the list.
public final class ReadyOrder: Sendable {
    public struct Entry: Sendable {
        /// Of the descriptor among those that are watched.
        public let index: Int
        /// Whether nobody can write to it any more.
        public let isHungUp: Bool
    }

    private let epoll: Descriptor
    /// Becomes readable at the end, and stays so.
    private let stop: Descriptor
    private static let stopToken = UInt64.max
    /// EPOLLET; the C library calls it a value of an enumeration.
    private static let edge: UInt32 = 1 << 31

    /// The watch holds none of the descriptors: end it before they close.
    public init(_ descriptors: [Descriptor]) throws(SystemError) {
        epoll = Descriptor(owning: try shim("epoll_create1") { outpost_epoll_create() })
        stop = Descriptor(owning: try shim("eventfd") { outpost_eventfd() })
        try add(stop, OUTPOST_EPOLLIN, Self.stopToken)
        for (index, descriptor) in descriptors.enumerated() {
            try add(descriptor, OUTPOST_EPOLLIN | Self.edge, UInt64(index))
        }
    }

    private func add(_ descriptor: Descriptor, _ events: UInt32, _ token: UInt64) throws(SystemError) {
        try shim("epoll_ctl") { outpost_epoll_set(epoll.number, descriptor.number, events, token, 1) }
    }

    /// Waits until something comes.
    ///
    /// - Returns: nil after `end`.
    public func wait() -> [Entry]? {
        var tokens = [UInt64](repeating: 0, count: 8)
        var events = [UInt32](repeating: 0, count: 8)
        let count = outpost_epoll_wait(epoll.number, &tokens, &events, 8, -1)
        let ready = zip(tokens, events).prefix(max(0, Int(count)))
        if ready.contains(where: { $0.0 == Self.stopToken }) { return nil }
        return ready.map { Entry(index: Int($0.0), isHungUp: $0.1 & OUTPOST_EPOLLHUP != 0) }
    }

    /// Ends the wait of whoever waits, now or later.
    public func end() {
        var one: UInt64 = 1
        _ = Glibc.write(stop.number, &one, 8)
    }
}
