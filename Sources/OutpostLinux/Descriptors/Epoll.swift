// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

/// Waits for many descriptors at once (epoll(7)), for a loop of one thread.
///
/// It holds none of the descriptors: one that closes leaves it by itself, when no copy of it is open.
public struct Epoll: Sendable {
    /// What is waited for. That the other end is gone is told in any case.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let read = Interest(rawValue: OUTPOST_EPOLLIN)
        public static let write = Interest(rawValue: OUTPOST_EPOLLOUT)
        /// Only a change is told, and not a state that lasts (EPOLLET; the C library calls it a value of an enumeration).
        public static let edge = Interest(rawValue: 1 << 31)
    }

    public struct Event: Sendable {
        /// What the descriptor was added with.
        public let token: UInt64
        private let events: UInt32

        init(token: UInt64, events: UInt32) {
            self.token = token
            self.events = events
        }

        /// The other end is gone.
        public var isHungUp: Bool { events & OUTPOST_EPOLLHUP != 0 }
    }

    private let descriptor: Descriptor

    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try shim("epoll_create1") { outpost_epoll_create() })
    }

    /// Waits for `number` too.
    public func add(_ number: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try shim("epoll_ctl") { outpost_epoll_set(descriptor.number, number, interest.rawValue, token, 1) }
    }

    /// Waits for `number` no more.
    public func remove(_ number: Int32) { _ = outpost_epoll_remove(descriptor.number, number) }

    /// Waits until something happens, at most `milliseconds` (-1: without end); empty when nothing did.
    public func wait(milliseconds: Int32 = -1, atMost room: Int = 16) throws(SystemError) -> [Event] {
        var tokens = [UInt64](repeating: 0, count: room)
        var events = [UInt32](repeating: 0, count: room)
        let count = try shim("epoll_wait") {
            outpost_epoll_wait(descriptor.number, &tokens, &events, Int32(room), milliseconds)
        }
        return (0..<Int(count)).map { Event(token: tokens[$0], events: events[$0]) }
    }
}
