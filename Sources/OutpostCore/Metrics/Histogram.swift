// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Counts of durations by how long they were at most.
public struct Histogram: Hashable, Sendable {
    /// For parts of a run, in seconds.
    public static let steps = Histogram(bounds: [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
    ])

    /// For what may wait or run for long, in seconds.
    public static let jobs = Histogram(bounds: [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600,
    ])

    /// Upper ends of the buckets; a last one takes what is longer.
    private let bounds: [Double]
    /// In seconds.
    public private(set) var sum = 0.0
    private var counts: [Int]

    private init(bounds: [Double]) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    public var count: Int { counts.reduce(0, +) }

    /// For each bound, how many were not longer.
    public var cumulative: [(bound: Double, count: Int)] {
        var total = 0
        return zip(bounds, counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }

    public mutating func observe(_ duration: Duration) { observe(seconds: duration / .seconds(1)) }

    /// A clock that was set back makes no negative durations.
    public mutating func observe(from start: Timestamp, to end: Timestamp) {
        observe(seconds: max(0, Double(end.milliseconds - start.milliseconds) / 1000))
    }

    private mutating func observe(seconds: Double) {
        sum += seconds
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
    }
}
