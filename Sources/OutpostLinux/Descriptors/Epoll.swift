// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

/// An epoll instance for a loop of one thread (epoll(7)).
///
/// It does not keep descriptors open. A closed descriptor leaves the instance when no duplicate of it is open.
public struct Epoll: Sendable {
    /// The events to wait for. A hang-up of the other end is always reported.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The descriptor is readable.
        public static let read = Interest(rawValue: OUTPOST_EPOLLIN)
        /// The descriptor is writable.
        public static let write = Interest(rawValue: OUTPOST_EPOLLOUT)
        /// Edge-triggered: a state is reported once, when it begins (EPOLLET; in the C library it is an enumeration value).
        public static let edge = Interest(rawValue: 1 << 31)
    }

    /// An event of one descriptor.
    public struct Event: Sendable {
        /// The token that the descriptor was added with.
        public let token: UInt64
        private let events: UInt32

        init(token: UInt64, events: UInt32) {
            self.token = token
            self.events = events
        }

        /// Whether the other end is closed.
        public var isHungUp: Bool { events & OUTPOST_EPOLLHUP != 0 }
    }

    private let descriptor: Descriptor

    /// Makes an instance without descriptors.
    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try shim("epoll_create1") { outpost_epoll_create() })
    }

    /// Adds the descriptor `number`. Its events carry `token`.
    public func add(_ number: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try shim("epoll_ctl") { outpost_epoll_set(descriptor.number, number, interest.rawValue, token, 1) }
    }

    /// Removes the descriptor `number`.
    public func remove(_ number: Int32) { _ = outpost_epoll_remove(descriptor.number, number) }

    /// Waits for events, at most `milliseconds` (-1: for ever).
    ///
    /// - Returns: at most `room` events; none when the time is over.
    public func wait(milliseconds: Int32 = -1, atMost room: Int = 16) throws(SystemError) -> [Event] {
        var tokens = [UInt64](repeating: 0, count: room)
        var events = [UInt32](repeating: 0, count: room)
        let count = try shim("epoll_wait") {
            outpost_epoll_wait(descriptor.number, &tokens, &events, Int32(room), milliseconds)
        }
        return (0..<Int(count)).map { Event(token: tokens[$0], events: events[$0]) }
    }
}
