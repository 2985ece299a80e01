// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How long one run was in each of its steps. At any moment it is in one of them.
public final class RunTimes: Sendable {
    private struct State {
        var passed: [RunStep: Duration] = [:]
        var current: (step: RunStep, since: ContinuousClock.Instant)?

        mutating func close(at now: ContinuousClock.Instant) {
            guard let current else { return }
            passed[current.step, default: .zero] += now - current.since
            self.current = nil
        }
    }

    private let state = Mutex(State())

    public init() {}

    /// Ends the step that the run is in, and begins `step`.
    func enter(_ step: RunStep) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.close(at: now)
            state.current = (step, now)
        }
    }

    /// Ends the last step.
    func end() {
        let now = ContinuousClock.now
        state.withLock { $0.close(at: now) }
    }

    /// Steps that are over, in the order that they have; empty for what was no run.
    public var steps: [(step: RunStep, duration: Duration)] {
        let passed = state.withLock { $0.passed }
        return RunStep.allCases.compactMap { step in passed[step].map { (step, $0) } }
    }
}
