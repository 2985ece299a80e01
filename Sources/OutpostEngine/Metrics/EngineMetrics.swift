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
        /// Runs that found a sandbox ready, and runs that could have and did not.
        public var poolHits = 0
        public var poolMisses = 0
    }

    private let snapshot = Mutex(Snapshot())

    init() {}

    public var current: Snapshot { snapshot.withLock { $0 } }

    func countPool(hit: Bool) {
        snapshot.withLock { snapshot in if hit { snapshot.poolHits += 1 } else { snapshot.poolMisses += 1 } }
    }

    func record(_ execution: Execution) {
        snapshot.withLock { snapshot in
            snapshot.executions[execution.status, default: 0] += 1
            snapshot.programMilliseconds += execution.durationMilliseconds
            snapshot.cpuMilliseconds += execution.cpuTimeMilliseconds
        }
    }
}
