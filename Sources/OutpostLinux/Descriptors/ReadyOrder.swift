// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Reports which of a few descriptors became readable, in the order in which they did.
///
/// It uses an edge-triggered epoll. The kernel appends a descriptor to the ready list when data arrives (epoll(7);
/// fs/eventpoll.c, `ep_poll_callback`). With a level-triggered epoll a descriptor that is still readable would move back to
/// the end of the list.
public final class ReadyOrder: Sendable {
    /// A descriptor that became readable.
    public struct Entry: Sendable {
        /// The index of the descriptor in the list given to `init`.
        public let index: Int
        /// Whether the write end is closed.
        public let isHungUp: Bool
    }

    private let epoll: Epoll
    /// An eventfd that `end` makes readable for good.
    private let stop: Descriptor
    private static let stopToken = UInt64.max

    /// Watches the descriptors, but does not keep them open. Call `end` before they close.
    public init(_ descriptors: [Descriptor]) throws(SystemError) {
        epoll = try Epoll()
        stop = Descriptor(owning: try shim("eventfd") { outpost_eventfd() })
        try epoll.add(stop.number, .read, token: Self.stopToken)
        for (index, descriptor) in descriptors.enumerated() {
            try epoll.add(descriptor.number, [.read, .edge], token: UInt64(index))
        }
    }

    /// Waits until a descriptor becomes readable. Blocks.
    ///
    /// - Returns: the descriptors, the earliest first; nil after `end`.
    public func wait() -> [Entry]? {
        // The wait cannot fail on a valid epoll descriptor.
        let ready = (try? epoll.wait(atMost: 8)) ?? []
        if ready.contains(where: { $0.token == Self.stopToken }) { return nil }
        return ready.map { Entry(index: Int($0.token), isHungUp: $0.isHungUp) }
    }

    /// Ends every current and later `wait`.
    public func end() {
        var one: UInt64 = 1
        _ = Glibc.write(stop.number, &one, 8)
    }
}
