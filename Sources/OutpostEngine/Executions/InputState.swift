// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// What callers may do with the standard input of a program, from its call until its end.
struct InputState<Program: Sendable>: Sendable {
    private enum Phase {
        /// The caller did not ask for an input that stays open.
        case notOpened
        case open
        case closed
        case over
    }

    /// The program in errors, such as `process proc_0123456789ab`.
    private let owner: String
    private var phase: Phase
    /// The calls that send input now.
    private var senders = 0
    /// The program. Nil before its start and after its end.
    private(set) var program: Program?

    init(of owner: String, isOpen: Bool) {
        self.owner = owner
        phase = isOpen ? .open : .notOpened
    }

    /// The most calls that send input at one time. Each may have some MiB on the way.
    static var mostSenders: Int { 8 }

    /// Admits a call that sends input. The caller must call `leave` at its end.
    ///
    /// - Throws: `conflict` when the input is not open; `rate_limited` when too many calls send.
    mutating func enter() throws(OutpostError) {
        try check()
        guard senders < Self.mostSenders else {
            throw OutpostError(
                .rateLimited, "\(Self.mostSenders) calls send input to the \(owner) already", retryAfter: 1)
        }
        senders += 1
    }

    mutating func leave() { senders -= 1 }

    /// Tells the program. A start that failed may be followed by another one.
    mutating func start(_ program: Program) { if phase != .over { self.program = program } }

    /// Tells the end of the program.
    mutating func end() {
        phase = .over
        program = nil
    }

    /// Ends the input.
    ///
    /// - Returns: the program, when its input ends now. Nil when it has ended before, and before the program's start.
    /// - Throws: `conflict` when the program has ended.
    mutating func close() throws(OutpostError) -> Program? {
        if phase == .over { throw Self.refusal(owner, "has ended") }
        guard phase == .open else { return nil }
        phase = .closed
        return program
    }

    /// Checks that the input is open.
    ///
    /// - Throws: `conflict` when it is not, with the reason.
    func check() throws(OutpostError) {
        switch phase {
        case .open: break
        case .notOpened: throw Self.refusal(owner, "was started without an open standard input")
        case .closed: throw OutpostError(.conflict, "the standard input of the \(owner) is closed")
        case .over: throw Self.refusal(owner, "has ended")
        }
    }

    private static func refusal(_ owner: String, _ reason: String) -> OutpostError {
        OutpostError(.conflict, "the \(owner) \(reason)")
    }
}
