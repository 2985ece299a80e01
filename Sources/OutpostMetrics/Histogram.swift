// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How often something took how long.
public struct Histogram: Hashable, Sendable {
    /// Upper ends of the buckets in seconds; a last one takes what is longer.
    private let bounds: [Double]
    /// In seconds.
    public private(set) var sum = 0.0
    private var counts: [Int]

    init(bounds: [Double]) {
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

    mutating func observe(seconds: Double) {
        sum += seconds
        counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
    }
}
