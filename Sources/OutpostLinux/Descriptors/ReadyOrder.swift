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

    private let epoll: Epoll
    /// Becomes readable at the end, and stays so.
    private let stop: Descriptor
    private static let stopToken = UInt64.max

    /// The watch holds none of the descriptors: end it before they close.
    public init(_ descriptors: [Descriptor]) throws(SystemError) {
        epoll = try Epoll()
        stop = Descriptor(owning: try shim("eventfd") { outpost_eventfd() })
        try epoll.add(stop.number, .read, token: Self.stopToken)
        for (index, descriptor) in descriptors.enumerated() {
            try epoll.add(descriptor.number, [.read, .edge], token: UInt64(index))
        }
    }

    /// Waits until something comes.
    ///
    /// - Returns: nil after `end`.
    public func wait() -> [Entry]? {
        // A wait fails only when the epoll is no epoll.
        let ready = (try? epoll.wait(atMost: 8)) ?? []
        if ready.contains(where: { $0.token == Self.stopToken }) { return nil }
        return ready.map { Entry(index: Int($0.token), isHungUp: $0.isHungUp) }
    }

    /// Ends the wait of whoever waits, now or later.
    public func end() {
        var one: UInt64 = 1
        _ = Glibc.write(stop.number, &one, 8)
    }
}
