// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostEngine

struct HistogramTests {
    @Test func aDurationCountsInEveryBucketThatItFits() {
        var histogram = Histogram()
        for duration in [Duration.microseconds(100), .milliseconds(3), .seconds(90)] { histogram.observe(duration) }
        let counts = Dictionary(uniqueKeysWithValues: histogram.cumulative.map { ($0.bound, $0.count) })
        #expect(counts[0.0001] == 1)
        #expect(counts[0.0025] == 1)
        #expect(counts[0.005] == 2)
        #expect(counts[60] == 2)
        #expect(histogram.count == 3)
        #expect(abs(histogram.sum - 90.0031) < 1e-9)
    }

    @Test func itsBoundsGrow() {
        #expect(zip(Histogram.bounds, Histogram.bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(Histogram().cumulative.map(\.count) == Histogram.bounds.map { _ in 0 })
    }
}
