// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// A descriptor that the loop waits for only at times. If it always waited for a descriptor that it does not read now, that
/// descriptor would wake the loop again and again.
struct EpollWatch {
    private let number: Int32
    private let interest: Epoll.Interest
    private let token: UInt64
    private var isOn = false

    /// A watch that is off. It does not keep the descriptor open.
    init(_ descriptor: Descriptor, _ interest: Epoll.Interest, token: UInt64) {
        number = descriptor.number
        self.interest = interest
        self.token = token
    }

    /// Turns the watch on or off.
    mutating func set(_ isWanted: Bool, _ epoll: Epoll) throws(SystemError) {
        guard isWanted != isOn else { return }
        isOn = isWanted
        if isWanted { try epoll.add(number, interest, token: token) } else { epoll.remove(number) }
    }

    /// Turns the watch off.
    mutating func turnOff(_ epoll: Epoll) {
        end(epoll)
        isOn = false
    }

    /// Ends the watch. Call it before the descriptor closes.
    func end(_ epoll: Epoll) { if isOn { epoll.remove(number) } }
}
