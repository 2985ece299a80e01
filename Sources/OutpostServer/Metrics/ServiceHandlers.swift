// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func readiness() throws(OutpostError) -> Answer {
        if engine.isDraining { throw OutpostError(.unavailable, "the server is stopping", retryAfter: 5) }
        let stalled = stalled()
        guard stalled.isEmpty else {
            throw OutpostError(
                .unavailable, "a part of the server stands still: \(stalled.joined(separator: ", "))", retryAfter: 1)
        }
        return .json(HealthReply(status: "ready").json)
    }

    /// The text format of Prometheus, version 0.0.4.
    func metrics() async -> Answer {
        let counts = engine.metrics.current
        var text = MetricsText()
        describe(counts, in: &text)
        describeSteps(counts, in: &text)
        text.family("outpost_runs_in_progress", "gauge", "Runs that have started and not ended.")
        text.sample("outpost_runs_in_progress", [], Double(engine.runsInProgress))
        text.family("outpost_sandboxes", "gauge", "Sandboxes that exist.")
        text.sample("outpost_sandboxes", [], Double(await engine.sandboxes.count))
        describeQuotas(in: &text)
        await describeJobs(in: &text)
        return Answer(
            status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.text.utf8))
    }

    private func describe(_ counts: EngineMetrics.Snapshot, in text: inout MetricsText) {
        text.family("outpost_http_requests_total", "counter", "Answers by HTTP status.")
        for (status, count) in requests.current.sorted(by: { $0.key < $1.key }) {
            text.sample("outpost_http_requests_total", [("status", String(status))], Double(count))
        }
        text.family("outpost_executions_total", "counter", "Executions by how they ended.")
        for status in ExecutionStatus.allCases {
            let count = counts.executions[status] ?? 0
            text.sample("outpost_executions_total", [("status", status.rawValue)], Double(count))
        }
        text.family("outpost_program_seconds_total", "counter", "Wall time of all programs.")
        text.sample("outpost_program_seconds_total", [], counts.programMilliseconds / 1000)
        text.family("outpost_program_cpu_seconds_total", "counter", "CPU time of all programs.")
        text.sample("outpost_program_cpu_seconds_total", [], counts.cpuMilliseconds / 1000)
    }

    private func describeSteps(_ counts: EngineMetrics.Snapshot, in text: inout MetricsText) {
        text.family("outpost_pool_hits_total", "counter", "Runs that found a sandbox ready, by what waited in it.")
        for content in PooledContent.allCases {
            let count = counts.poolHits[content] ?? 0
            text.sample("outpost_pool_hits_total", [("waiting", content.rawValue)], Double(count))
        }
        text.family("outpost_pool_misses_total", "counter", "Runs that could have found a sandbox ready and did not.")
        for content in PooledContent.allCases {
            let count = counts.poolMisses[content] ?? 0
            text.sample("outpost_pool_misses_total", [("waiting", content.rawValue)], Double(count))
        }
        text.family("outpost_compilation_hits_total", "counter", "Runs whose program had been compiled before.")
        text.sample("outpost_compilation_hits_total", [], Double(counts.compilationHits))
        text.family(
            "outpost_compilation_misses_total", "counter", "Runs whose program could have been kept and was compiled.")
        text.sample("outpost_compilation_misses_total", [], Double(counts.compilationMisses))
        text.family("outpost_step_seconds", "histogram", "How long runs were in each step.")
        for step in RunStep.allCases {
            text.histogram("outpost_step_seconds", [("step", step.rawValue)], counts.steps[step] ?? .steps)
        }
    }
}
