// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Counts of durations by how long they were at most.
public struct Histogram: Hashable, Sendable {
    /// Upper ends of the buckets, in seconds; a last one takes what is longer.
    public static let bounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
    ]

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

    mutating func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        sum += seconds
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    }
}
