// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the watchdog knows of one part of the server. Time passes in rounds of the watchdog's own, so that a machine that
/// was suspended, or a process that was stopped, has not been silent for that long.
struct Vital: Hashable, Sendable {
    /// What the watchdog does in a round.
    enum Action: Hashable, Sendable {
        /// Asks it for a sign of life.
        case ask
        /// Goes on waiting for the answer.
        case wait
        /// Tells that it stands still; once for each stall.
        case report
        /// Ends the process: it has stood still for too long.
        case giveUp
    }

    private enum State: Hashable {
        case answered
        case asked(rounds: Int)
    }

    /// Rounds without an answer that make a stall, and that are the end.
    static let stall = 2
    static let end = 30

    private var state = State.answered

    /// Whether it has not answered in time.
    var isStalled: Bool { if case .asked(let rounds) = state { rounds >= Self.stall } else { false } }

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

    /// - Returns: whether this ends a stall that was told.
    mutating func answer() -> Bool {
        defer { state = .answered }
        return isStalled
    }
}
