// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// A descriptor that the loop waits for at times: one that nobody serves would stay ready.
struct EpollWatch {
    private let number: Int32
    private let interest: Epoll.Interest
    private let token: UInt64
    private var isOn = false

    /// Nothing is waited for yet. The watch does not hold the descriptor.
    init(_ descriptor: Descriptor, _ interest: Epoll.Interest, token: UInt64) {
        number = descriptor.number
        self.interest = interest
        self.token = token
    }

    /// Has the loop wait for it, or not.
    mutating func set(_ isWanted: Bool, _ epoll: Epoll) throws(SystemError) {
        guard isWanted != isOn else { return }
        isOn = isWanted
        if isWanted { try epoll.add(number, interest, token: token) } else { epoll.remove(number) }
    }

    /// Ends it, before the descriptor closes.
    func end(_ epoll: Epoll) { if isOn { epoll.remove(number) } }
}
