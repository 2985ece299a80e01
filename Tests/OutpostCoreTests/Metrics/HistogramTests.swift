// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

struct HistogramTests {
    @Test func aDurationCountsInEveryBucketThatItFits() {
        var histogram = Histogram.steps
        for duration in [Duration.microseconds(100), .milliseconds(3), .seconds(90)] { histogram.observe(duration) }
        let counts = Dictionary(uniqueKeysWithValues: histogram.cumulative.map { ($0.bound, $0.count) })
        #expect(counts[0.0001] == 1)
        #expect(counts[0.0025] == 1)
        #expect(counts[0.005] == 2)
        #expect(counts[60] == 2)
        #expect(histogram.count == 3)
        #expect(abs(histogram.sum - 90.0031) < 1e-9)
    }

    @Test(arguments: [Histogram.steps, .jobs]) func itsBoundsGrow(_ histogram: Histogram) {
        let bounds = histogram.cumulative.map(\.bound)
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(histogram.cumulative.allSatisfy { $0.count == 0 })
    }

    @Test func aClockThatWasSetBackMakesNoNegativeTime() {
        var histogram = Histogram.jobs
        histogram.observe(from: Timestamp(milliseconds: 5000), to: Timestamp(milliseconds: 3000))
        #expect(histogram.sum == 0 && histogram.count == 1)
    }
}
