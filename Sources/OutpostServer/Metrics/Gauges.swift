// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostMetrics
import OutpostStore

/// Metrics of the present state. They are read when a client asks for the metrics.
struct Gauges: Sendable {
    static let families = [
        MetricFamily("outpost_runs_in_progress", .gauge, "Runs that have started and not ended."),
        MetricFamily("outpost_sandboxes", .gauge, "Sandboxes that exist."),
        MetricFamily("outpost_quota_used", .gauge, "The use by all namespaces together, by quota; memory in bytes."),
        MetricFamily("outpost_quota_capacity", .gauge, "The limit for all namespaces together, by quota."),
        MetricFamily("outpost_jobs", .gauge, "Jobs that the server has, by status."),
        MetricFamily("outpost_jobs_oldest_queued_seconds", .gauge, "How long the oldest queued job has waited."),
        MetricFamily("outpost_jobs_stored_bytes", .gauge, "The size of all jobs and their results on disk."),
    ]

    private static let counted: [Quota] = [
        .concurrentRuns, .waitingRuns, .sandboxes, .liveSandboxes, .connections, .streams, .bodies, .output,
    ]

    let factory: any MetricsFactory
    let engine: Engine
    let jobs: JobService

    func read() async {
        set("outpost_runs_in_progress", [], engine.runsInProgress)
        set("outpost_sandboxes", [], await engine.sandboxes.count)
        for quota in Self.counted {
            set("outpost_quota_used", [("quota", quota.rawValue)], engine.quotas.used(quota))
            guard let capacity = engine.quotas.capacity(quota) else { continue }
            set("outpost_quota_capacity", [("quota", quota.rawValue)], capacity)
        }
        await readJobs()
    }

    private func readJobs() async {
        // Without the store, the other gauges still work. Old counts of jobs would be wrong, and so they disappear.
        guard let census = try? await jobs.census() else { return forgetJobs() }
        for status in JobStatus.allCases {
            set("outpost_jobs", [("status", status.rawValue)], census.counts[status] ?? 0)
        }
        let age = census.oldestQueued.map { Double(engine.clock().milliseconds - $0.milliseconds) / 1000 } ?? 0
        meter("outpost_jobs_oldest_queued_seconds", []).set(max(0, age))
        set("outpost_jobs_stored_bytes", [], census.storedBytes)
    }

    private func forgetJobs() {
        for status in JobStatus.allCases { meter("outpost_jobs", [("status", status.rawValue)]).destroy() }
        for name in ["outpost_jobs_oldest_queued_seconds", "outpost_jobs_stored_bytes"] { meter(name, []).destroy() }
    }

    private func set(_ name: String, _ labels: [(String, String)], _ value: Int) { meter(name, labels).set(value) }

    private func meter(_ name: String, _ labels: [(String, String)]) -> Meter {
        Meter(label: name, dimensions: labels, factory: factory)
    }
}
