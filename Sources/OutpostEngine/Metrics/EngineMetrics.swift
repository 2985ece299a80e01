// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import OutpostCore
public import OutpostMetrics

/// What the engine measures.
public final class EngineMetrics: Sendable {
    public static let families = [
        MetricFamily("outpost_executions_total", .counter, "Executions by how they ended."),
        MetricFamily("outpost_program_seconds_total", .counter, "Wall time of all programs."),
        MetricFamily("outpost_program_cpu_seconds_total", .counter, "CPU time of all programs."),
        MetricFamily("outpost_pool_hits_total", .counter, "Runs that found a sandbox ready, by what waited in it."),
        MetricFamily(
            "outpost_pool_misses_total", .counter, "Runs that could have found a sandbox ready and did not."),
        MetricFamily("outpost_compilation_hits_total", .counter, "Runs whose program had been compiled before."),
        MetricFamily(
            "outpost_compilation_misses_total", .counter, "Runs whose program could have been kept and was compiled."),
        MetricFamily("outpost_step_seconds", MetricFamily.steps, "How long runs were in each step."),
    ]

    private let executions: [ExecutionStatus: Counter]
    private let programSeconds: FloatingPointCounter
    private let processorSeconds: FloatingPointCounter
    private let poolHits: [PooledContent: Counter]
    private let poolMisses: [PooledContent: Counter]
    private let compilationHits: Counter
    private let compilationMisses: Counter
    private let steps: [RunStep: Timer]

    /// All series are there from the start, so that a rate is not missing its first event.
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

    func countPool(_ content: PooledContent, hit: Bool) { (hit ? poolHits : poolMisses)[content]?.increment() }

    func countCompilation(hit: Bool) { (hit ? compilationHits : compilationMisses).increment() }

    func record(_ execution: Execution) {
        executions[execution.status]?.increment()
        programSeconds.increment(by: execution.durationMilliseconds / 1000)
        processorSeconds.increment(by: execution.cpuTimeMilliseconds / 1000)
    }

    func record(_ times: RunTimes) {
        for (step, duration) in times.steps { steps[step]?.record(duration) }
    }

    /// Counts a teardown that began at `start` and is over.
    func recordTeardown(since start: ContinuousClock.Instant) {
        steps[.teardown]?.record(ContinuousClock.now - start)
    }
}
