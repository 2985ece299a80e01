// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One step of a run in the engine.
public enum RunStep: String, Sendable, CaseIterable {
    /// The run waits for its turn in the sandbox and for admission.
    case queue
    /// The run gets a live sandbox: from a pool, forked, or started cold.
    case spawn
    /// The compiler runs.
    case compile
    /// The program runs, until all its processes are gone.
    case run
    /// After the program, until the result is complete.
    case finish
    /// A sandbox is destroyed in the background. No answer waits for it.
    case teardown
}

/// The time that one run spent in each step. A run is always in one step.
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

    /// Creates times without any step.
    public init() {}

    /// Ends the current step and begins `step`.
    func enter(_ step: RunStep) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.close(at: now)
            state.current = (step, now)
        }
    }

    /// Ends the current step.
    func end() {
        let now = ContinuousClock.now
        state.withLock { $0.close(at: now) }
    }

    /// The finished steps, in the order of `RunStep`. Empty when nothing ran.
    public var steps: [(step: RunStep, duration: Duration)] {
        let passed = state.withLock { $0.passed }
        return RunStep.allCases.compactMap { step in passed[step].map { (step, $0) } }
    }
}
