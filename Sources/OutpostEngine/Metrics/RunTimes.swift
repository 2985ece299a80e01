// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A part of the time that a run takes in the engine.
public enum RunStep: String, Sendable, CaseIterable {
    /// Waits for admission and for the sandbox's earlier runs.
    case queue
    /// Gets a sandbox that is up: out of the pool, forked or started from nothing.
    case spawn
    /// The compiler.
    case compile
    /// The program, until all that it left behind is dead.
    case run
    /// From then until the answer can be written.
    case finish
    /// The sandbox of one run, or a deleted one, gives back what it held. No answer waits for it.
    case teardown
}

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
