// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import OutpostCore
public import OutpostMetrics

/// The metrics of the engine.
public final class EngineMetrics: Sendable {
    /// The names, types and descriptions of the metrics.
    public static let families = [
        MetricFamily("outpost_executions_total", .counter, "Executions, by status."),
        MetricFamily("outpost_program_seconds_total", .counter, "Wall time of all programs."),
        MetricFamily("outpost_program_cpu_seconds_total", .counter, "CPU time of all programs."),
        MetricFamily("outpost_pool_hits_total", .counter, "Runs that got a warm sandbox, by its content."),
        MetricFamily(
            "outpost_pool_misses_total", .counter, "Runs that found no warm sandbox of their kind, by its content."),
        MetricFamily("outpost_compilation_hits_total", .counter, "Runs whose compiled program was in the cache."),
        MetricFamily(
            "outpost_compilation_misses_total", .counter, "Runs that compiled a cacheable program."),
        MetricFamily("outpost_step_seconds", MetricFamily.steps, "Seconds that runs spent in each step."),
    ]

    private let executions: [ExecutionStatus: Counter]
    private let programSeconds: FloatingPointCounter
    private let processorSeconds: FloatingPointCounter
    private let poolHits: [PooledContent: Counter]
    private let poolMisses: [PooledContent: Counter]
    private let compilationHits: Counter
    private let compilationMisses: Counter
    private let steps: [RunStep: Timer]

    /// Creates all series with the value zero. Without this, a rate would miss the first event.
    init(_ factory: any MetricsFactory) {
        func counters<Value: CaseIterable & RawRepresentable<String>>(
            _ name: String, by label: String, _ type: Value.Type
        ) -> [Value: Counter] {
            Dictionary(
                uniqueKeysWithValues: Value.allCases.map {
                    ($0, Counter(label: name, dimensions: [(label, $0.rawValue)], factory: factory))
                })
        }
        executions = counters("outpost_executions_total", by: "status", ExecutionStatus.self)
        programSeconds = FloatingPointCounter(label: "outpost_program_seconds_total", factory: factory)
        processorSeconds = FloatingPointCounter(label: "outpost_program_cpu_seconds_total", factory: factory)
        poolHits = counters("outpost_pool_hits_total", by: "waiting", PooledContent.self)
        poolMisses = counters("outpost_pool_misses_total", by: "waiting", PooledContent.self)
        compilationHits = Counter(label: "outpost_compilation_hits_total", factory: factory)
        compilationMisses = Counter(label: "outpost_compilation_misses_total", factory: factory)
        steps = Dictionary(
            uniqueKeysWithValues: RunStep.allCases.map {
                ($0, Timer(label: "outpost_step_seconds", dimensions: [("step", $0.rawValue)], factory: factory))
            })
    }

    /// Counts a request for a warm sandbox.
    func countPool(_ content: PooledContent, hit: Bool) { (hit ? poolHits : poolMisses)[content]?.increment() }

    /// Counts a look-up in the compilation cache.
    func countCompilation(hit: Bool) { (hit ? compilationHits : compilationMisses).increment() }

    /// Counts an execution and its times.
    func record(_ execution: Execution) {
        executions[execution.status]?.increment()
        programSeconds.increment(by: execution.durationMilliseconds / 1000)
        processorSeconds.increment(by: execution.cpuTimeMilliseconds / 1000)
    }

    /// Counts the durations of a run's steps.
    func record(_ times: RunTimes) {
        for (step, duration) in times.steps { steps[step]?.record(duration) }
    }

    /// Counts a teardown from `start` until now.
    func recordTeardown(since start: ContinuousClock.Instant) {
        steps[.teardown]?.record(ContinuousClock.now - start)
    }
}
