// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A descriptor to wait for, and the events (poll(2)).
public struct PollEntry {
    /// The descriptor's number.
    public let descriptor: Int32
    /// Whether to wait until it is readable.
    public let wantsRead: Bool
    /// Whether to wait until it is writable.
    public let wantsWrite: Bool

    /// An entry for a descriptor's number.
    public init(_ descriptor: Int32, read: Bool = true, write: Bool = false) {
        self.descriptor = descriptor
        wantsRead = read
        wantsWrite = write
    }
}

/// The state of one entry after a poll.
public struct PollResult {
    /// Whether a read would not block.
    public let isReadable: Bool
    /// Whether a write would not block.
    public let isWritable: Bool
    /// Whether the other end is closed or the descriptor has an error.
    public let isClosed: Bool
}

/// Waits until an event of `entries` happens, at most `milliseconds` (-1: for ever).
///
/// - Returns: one result for each entry, in order.
public func poll(_ entries: [PollEntry], milliseconds: Int32 = -1) throws(SystemError) -> [PollResult] {
    var list = entries.map { entry in
        pollfd(
            fd: entry.descriptor,
            events: Int16((entry.wantsRead ? POLLIN : 0) | (entry.wantsWrite ? POLLOUT : 0)), revents: 0)
    }
    try checked("poll") { Glibc.poll(&list, nfds_t(list.count), milliseconds) }
    return list.map { item in
        let events = Int32(item.revents)
        return PollResult(
            isReadable: events & POLLIN != 0, isWritable: events & POLLOUT != 0,
            isClosed: events & (POLLHUP | POLLERR | POLLNVAL) != 0)
    }
}
