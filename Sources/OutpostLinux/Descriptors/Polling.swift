// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One descriptor that a single-threaded loop waits on.
public struct PollEntry {
    public let descriptor: Int32
    public let wantsRead: Bool
    public let wantsWrite: Bool

    public init(_ descriptor: Int32, read: Bool = true, write: Bool = false) {
        self.descriptor = descriptor
        wantsRead = read
        wantsWrite = write
    }
}

/// What became of one entry.
public struct PollResult {
    public let isReadable: Bool
    public let isWritable: Bool
    /// The other end is gone, or the descriptor is in error.
    public let isClosed: Bool
}

/// Waits until something happens to `entries`, at most `milliseconds` (-1: without end).
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
