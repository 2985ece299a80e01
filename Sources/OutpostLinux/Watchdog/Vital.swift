// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The watchdog's state for one part of the server. It counts rounds of the watchdog and not clock time, so the time in
/// which the machine is suspended or the process is stopped does not count.
struct Vital: Hashable, Sendable {
    /// The watchdog's action in a round.
    enum Action: Hashable, Sendable {
        /// Ask the part for a sign of life.
        case ask
        /// Wait for the answer.
        case wait
        /// Report the stall. This happens once for each stall.
        case report
        /// End the process, because the stall lasts too long.
        case giveUp
    }

    private enum State: Hashable {
        case answered
        case asked(rounds: Int)
    }

    /// Rounds without an answer until a stall.
    static let stall = 2
    /// Rounds without an answer until the process ends.
    static let end = 30

    private var state = State.answered

    /// Whether the part has not answered for `stall` rounds.
    var isStalled: Bool { if case .asked(let rounds) = state { rounds >= Self.stall } else { false } }

    /// Counts one round and returns what to do in it.
    mutating func round() -> Action {
        switch state {
        case .answered:
            state = .asked(rounds: 0)
            return .ask
        case .asked(let rounds):
            state = .asked(rounds: rounds + 1)
            switch rounds + 1 {
            case Self.stall: return .report
            case Self.end...: return .giveUp
            default: return .wait
            }
        }
    }

    /// Records an answer.
    ///
    /// - Returns: whether it ends a reported stall.
    mutating func answer() -> Bool {
        defer { state = .answered }
        return isStalled
    }
}
