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
        public var wait = JobDurations()
        /// From the start of the program to its end.
        public var run = JobDurations()
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

/// Counts of durations by how long they were at most.
public struct JobDurations: Hashable, Sendable {
    /// Upper ends of the buckets, in seconds; a last one takes what is longer.
    public static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600]

    /// In seconds.
    public private(set) var sum = 0.0
    private var counts = [Int](repeating: 0, count: bounds.count + 1)

    public init() {}

    public var count: Int { counts.reduce(0, +) }

    /// For each bound, how many were not longer.
    public var cumulative: [(bound: Double, count: Int)] {
        var total = 0
        return zip(Self.bounds, counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }

    /// A clock that was set back makes no negative durations.
    mutating func observe(from start: Timestamp, to end: Timestamp) {
        let seconds = max(0, Double(end.milliseconds - start.milliseconds) / 1000)
        sum += seconds
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    }
}
