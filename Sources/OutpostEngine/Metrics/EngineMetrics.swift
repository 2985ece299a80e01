// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// Counts of what the engine has done since it started.
public final class EngineMetrics: Sendable {
    /// The counts at one moment.
    public struct Snapshot: Sendable {
        public var executions: [ExecutionStatus: Int] = [:]
        /// Wall time of all programs, in milliseconds.
        public var programMilliseconds = 0.0
        /// CPU time of all programs, in milliseconds.
        public var cpuMilliseconds = 0.0
        /// Runs that found a sandbox ready, by what is in it, and runs that could have and did not.
        public var poolHits: [PooledContent: Int] = [:]
        public var poolMisses: [PooledContent: Int] = [:]
        /// Runs whose program had been compiled before, and runs whose program could have been and had not.
        public var compilationHits = 0
        public var compilationMisses = 0
        /// How long runs were in each step.
        public var steps: [RunStep: Histogram] = [:]
    }

    private let snapshot = Mutex(Snapshot())

    init() {}

    public var current: Snapshot { snapshot.withLock { $0 } }

    func countPool(_ content: PooledContent, hit: Bool) {
        snapshot.withLock { snapshot in
            if hit {
                snapshot.poolHits[content, default: 0] += 1
            } else {
                snapshot.poolMisses[content, default: 0] += 1
            }
        }
    }

    func countCompilation(hit: Bool) {
        snapshot.withLock { snapshot in
            if hit { snapshot.compilationHits += 1 } else { snapshot.compilationMisses += 1 }
        }
    }

    func record(_ execution: Execution) {
        snapshot.withLock { snapshot in
            snapshot.executions[execution.status, default: 0] += 1
            snapshot.programMilliseconds += execution.durationMilliseconds
            snapshot.cpuMilliseconds += execution.cpuTimeMilliseconds
        }
    }

    func record(_ times: RunTimes) {
        let steps = times.steps
        snapshot.withLock { snapshot in
            for (step, duration) in steps { snapshot.steps[step, default: .steps].observe(duration) }
        }
    }

    /// Counts a teardown that began at `start` and is over.
    func recordTeardown(since start: ContinuousClock.Instant) {
        let duration = ContinuousClock.now - start
        snapshot.withLock { $0.steps[.teardown, default: .steps].observe(duration) }
    }
}
