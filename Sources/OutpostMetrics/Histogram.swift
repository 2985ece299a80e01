// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Counts of durations in buckets.
public struct Histogram: Hashable, Sendable {
    /// The upper bounds of the buckets in seconds. One more bucket counts longer durations.
    private let bounds: [Double]
    /// The sum of all durations in seconds.
    public private(set) var sum = 0.0
    private var counts: [Int]

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    /// The number of durations.
    public var count: Int { counts.reduce(0, +) }

    /// For each bound, the number of durations up to it.
    public var cumulative: [(bound: Double, count: Int)] {
        var total = 0
        return zip(bounds, counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }

    mutating func observe(seconds: Double) {
        sum += seconds
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
    }
}
