// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// Counts of what the queue has done since the server started.
public final class JobMetrics: Sendable {
    /// The counts at one moment.
    public struct Snapshot: Sendable {
        public var submitted = 0
        /// By how they ended.
        public var ended: [JobStatus: Int] = [:]
        /// Jobs that wait again after their program had started.
        public var retries = 0
        /// From submission to the start of the program.
        public var wait = Histogram.jobs
        /// From the start of the program to its end.
        public var run = Histogram.jobs
        public var callbacksDelivered = 0
        /// Attempts that failed.
        public var callbackFailures = 0
        /// Callbacks that were given up.
        public var callbacksDropped = 0
    }

    private let snapshot = Mutex(Snapshot())

    public init() {}

    public var current: Snapshot { snapshot.withLock { $0 } }

    func change(_ body: (inout Snapshot) -> Void) { snapshot.withLock { body(&$0) } }
}
