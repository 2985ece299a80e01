// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A FIFO queue of the runs in a stateful sandbox. A run that is marked `concurrent` does not wait in it.
struct RunQueue {
    typealias Ticket = Int

    private var waiting: [Ticket] = []
    private var nextTicket = 0
    /// Whether a run has the sandbox for itself now.
    private var isTaken = false

    /// The number of runs that wait.
    var count: Int { waiting.count }

    /// Whether a new run would have to wait.
    var isBusy: Bool { isTaken }

    /// Adds a run.
    ///
    /// - Returns: nil when the run may start, otherwise its ticket.
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

    /// Removes a run that has ended.
    ///
    /// - Returns: the ticket of the run that may start now.
    mutating func leave(concurrent: Bool) -> Ticket? {
        if concurrent { return nil }
        if waiting.isEmpty {
            isTaken = false
            return nil
        }
        return waiting.removeFirst()
    }

    /// Removes a run that waits.
    mutating func withdraw(_ ticket: Ticket) { waiting.removeAll { $0 == ticket } }

    /// Removes and returns all runs that wait.
    mutating func withdrawAll() -> [Ticket] {
        defer { waiting = [] }
        return waiting
    }
}
