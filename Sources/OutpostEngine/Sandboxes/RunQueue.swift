// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A FIFO queue of the runs in a stateful sandbox. A run that is marked `concurrent` does not wait in it.
struct RunQueue {
    typealias Ticket = Int

    private var waiting: [Ticket] = []
    private var nextTicket = 0
    /// Whether a run has the sandbox for itself now.
    private var isTaken = false

    /// How many wait.
    var count: Int { waiting.count }

    /// Whether a run that wants the sandbox for itself would have to wait.
    var isBusy: Bool { isTaken }

    /// A run arrives.
    ///
    /// - Returns: nil when it may start, else its place in the queue.
    mutating func arrive(concurrent: Bool) -> Ticket? {
        if concurrent { return nil }
        guard isTaken else {
            isTaken = true
            return nil
        }
        nextTicket += 1
        waiting.append(nextTicket)
        return nextTicket
    }

    /// A run leaves.
    ///
    /// - Returns: the one that may start now.
    mutating func leave(concurrent: Bool) -> Ticket? {
        if concurrent { return nil }
        if waiting.isEmpty {
            isTaken = false
            return nil
        }
        return waiting.removeFirst()
    }

    /// One that waits waits no more.
    mutating func withdraw(_ ticket: Ticket) { waiting.removeAll { $0 == ticket } }

    /// All that wait, who then wait no more.
    mutating func withdrawAll() -> [Ticket] {
        defer { waiting = [] }
        return waiting
    }
}
