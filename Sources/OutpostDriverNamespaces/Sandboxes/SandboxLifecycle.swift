// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The state machine of a sandbox of this driver.
struct SandboxLifecycle {
    enum State {
        case up
        /// The agent has ended or never started.
        case dead(cause: any Error)
        case destroying
        case destroyed
    }

    /// What a call of `destroy` must do.
    enum Destruction: Hashable {
        /// Destroy the sandbox.
        case begin
        /// Wait for the call that destroys it.
        case wait
        /// The sandbox is already destroyed.
        case nothing
    }

    private(set) var state = State.up

    var isUp: Bool { if case .up = state { true } else { false } }

    var isDestroyed: Bool { if case .destroyed = state { true } else { false } }

    /// The failure of a dead sandbox. Nil in other states.
    var cause: (any Error)? { if case .dead(let cause) = state { cause } else { nil } }

    /// Records a failure. The first one counts.
    ///
    /// - Returns: whether the sandbox was up. Then its programs must be ended.
    mutating func lose(_ cause: any Error) -> Bool {
        guard isUp else { return false }
        state = .dead(cause: cause)
        return true
    }

    /// Asks for the destruction.
    mutating func destroy() -> Destruction {
        switch state {
        case .destroyed: return .nothing
        case .destroying: return .wait
        case .up, .dead:
            state = .destroying
            return .begin
        }
    }

    /// Records that nothing is left.
    ///
    /// - Returns: whether this is new. Then the callers that wait must be resumed.
    mutating func finish() -> Bool {
        guard case .destroying = state else { return false }
        state = .destroyed
        return true
    }
}
