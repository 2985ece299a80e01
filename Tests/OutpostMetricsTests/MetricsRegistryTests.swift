// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import OutpostMetrics
import Testing

/// What is counted through swift-metrics is written as Prometheus reads it.
struct MetricsRegistryTests {
    private let registry = MetricsRegistry([
        MetricFamily("b_total", .counter, "Bs."), MetricFamily("a_now", .gauge, "As."),
        MetricFamily("c_seconds", .histogram(bounds: [0.1, 1]), "Cs."),
    ])

    @Test func familiesAreWrittenInTheirOrderAndSamplesByTheirLabels() {
        Counter(label: "b_total", dimensions: [("kind", "z")], factory: registry).increment(by: 2)
        Counter(label: "b_total", dimensions: [("kind", "a")], factory: registry).increment()
        Meter(label: "a_now", factory: registry).set(1.5)
        let timer = Timer(label: "c_seconds", dimensions: [("step", "x")], factory: registry)
        for milliseconds in [100, 101, 5000] { timer.recordMilliseconds(milliseconds) }
        #expect(
            registry.text == """
                # HELP b_total Bs.
                # TYPE b_total counter
                b_total{kind="a"} 1.0
                b_total{kind="z"} 2.0
                # HELP a_now As.
                # TYPE a_now gauge
                a_now 1.5
                # HELP c_seconds Cs.
                # TYPE c_seconds histogram
                c_seconds_bucket{step="x",le="0.1"} 1.0
                c_seconds_bucket{step="x",le="1.0"} 2.0
                c_seconds_bucket{step="x",le="+Inf"} 3.0
                c_seconds_sum{step="x"} \(0.1 + 0.101 + 5)
                c_seconds_count{step="x"} 3.0

                """)
    }

    @Test func oneSeriesIsCountedFromManyPlaces() {
        for _ in 1...3 { Counter(label: "b_total", factory: registry).increment() }
        FloatingPointCounter(label: "b_total", factory: registry).increment(by: 0.5)
        #expect(registry.value("b_total") == 3.5)
        #expect(registry.value("b_total", [("kind", "a")]) == nil)
    }

    @Test func whatIsDestroyedIsNotWritten() {
        let meter = Meter(label: "a_now", factory: registry)
        meter.set(1)
        meter.destroy()
        #expect(registry.text.isEmpty)
    }

    @Test func aMetricOfALibraryIsWrittenAsWhatItWasMadeAs() {
        Counter(label: "other", factory: registry).increment()
        Timer(label: "late", factory: registry).recordSeconds(1)
        #expect(registry.text.contains("# TYPE other counter\nother 1.0\n"))
        #expect(registry.text.contains("# TYPE late histogram\n"))
    }

    @Test func aNameOfTwoKindsLosesNothing() {
        for label in ["b_total", "late"] {
            Counter(label: label, factory: registry).increment()
            for _ in 1...2 { Timer(label: label, factory: registry).recordSeconds(1) }
        }
        for _ in 1...3 { Counter(label: "c_seconds", factory: registry).increment() }
        Timer(label: "c_seconds", factory: registry).recordSeconds(1)
        #expect(registry.value("b_total") == 1 && registry.histogram(of: "b_total_histogram")?.count == 2)
        #expect(registry.value("late") == 1 && registry.histogram(of: "late_histogram")?.count == 2)
        #expect(registry.value("c_seconds_counter") == 3 && registry.histogram(of: "c_seconds")?.count == 1)
        #expect(registry.text.contains("# TYPE b_total counter\nb_total 1.0\n"))
        #expect(registry.text.contains("# TYPE b_total_histogram histogram\n"))
        #expect(registry.text.contains("# TYPE c_seconds_counter counter\nc_seconds_counter 3.0\n"))
    }

    @Test func whatWouldEndALabelIsEscaped() {
        Counter(label: "b_total", dimensions: [("kind", "a\"b\\c\nd")], factory: registry).increment()
        #expect(registry.text.contains(#"b_total{kind="a\"b\\c\nd"} 1.0"#))
    }

    @Test(arguments: [MetricFamily.steps, MetricFamily.jobs]) func boundsGrow(_ kind: MetricFamily.Kind) {
        guard case .histogram(let bounds) = kind else {
            Issue.record("no histogram")
            return
        }
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
    }
}
