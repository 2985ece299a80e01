// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How far a sandbox of this driver is: up, of no use any more, or on its way out.
struct SandboxLifecycle {
    enum State {
        case up
        /// Its agent is gone or was never there.
        case dead(cause: any Error)
        case destroying
        case destroyed
    }

    /// What a call of `destroy` has to do.
    enum Destruction: Hashable {
        /// To destroy it.
        case begin
        /// To wait for the call that does.
        case wait
        case nothing
    }

    private(set) var state = State.up

    var isUp: Bool { if case .up = state { true } else { false } }

    var isDestroyed: Bool { if case .destroyed = state { true } else { false } }

    /// Why it is of no use any more; nil when it is, or when it was asked to go.
    var cause: (any Error)? { if case .dead(let cause) = state { cause } else { nil } }

    /// It is of no use any more. The first cause counts.
    ///
    /// - Returns: whether it was until now, so that its programs are to be told.
    mutating func lose(_ cause: any Error) -> Bool {
        guard isUp else { return false }
        state = .dead(cause: cause)
        return true
    }

    /// Somebody wants it gone.
    mutating func destroy() -> Destruction {
        switch state {
        case .destroyed: return .nothing
        case .destroying: return .wait
        case .up, .dead:
            state = .destroying
            return .begin
        }
    }

    /// Nothing is left of it.
    ///
    /// - Returns: whether that is new, so that those who wait are to be told.
    mutating func finish() -> Bool {
        guard case .destroying = state else { return false }
        state = .destroyed
        return true
    }
}
