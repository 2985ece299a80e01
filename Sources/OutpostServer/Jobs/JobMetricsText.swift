// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostStore

extension Handlers {
    /// The queue's samples.
    func describeJobs(in text: inout MetricsText) async {
        describe(jobs.metrics.current, in: &text)
        // Without the store the rest can still be told.
        guard let census = try? await jobs.census() else { return }
        text.family("outpost_jobs", "gauge", "Jobs that are kept, by status.")
        for status in JobStatus.allCases {
            text.sample("outpost_jobs", [("status", status.rawValue)], Double(census.counts[status] ?? 0))
        }
        text.family("outpost_jobs_oldest_queued_seconds", "gauge", "How long the oldest queued job has waited.")
        let age = census.oldestQueued.map { Double(engine.clock().milliseconds - $0.milliseconds) / 1000 } ?? 0
        text.sample("outpost_jobs_oldest_queued_seconds", [], max(0, age))
        text.family("outpost_jobs_stored_bytes", "gauge", "What jobs and their results take, of all namespaces.")
        text.sample("outpost_jobs_stored_bytes", [], Double(census.storedBytes))
    }

    private func describe(_ counts: JobMetrics.Snapshot, in text: inout MetricsText) {
        text.family("outpost_jobs_submitted_total", "counter", "Jobs that were taken.")
        text.sample("outpost_jobs_submitted_total", [], Double(counts.submitted))
        text.family("outpost_jobs_ended_total", "counter", "Jobs that have ended, by how.")
        for status in JobStatus.allCases where status.isTerminal {
            text.sample(
                "outpost_jobs_ended_total", [("status", status.rawValue)], Double(counts.ended[status] ?? 0))
        }
        text.family("outpost_jobs_retries_total", "counter", "Jobs that wait again though their program had started.")
        text.sample("outpost_jobs_retries_total", [], Double(counts.retries))
        text.family("outpost_job_wait_seconds", "histogram", "From a job's submission to the start of its program.")
        text.histogram("outpost_job_wait_seconds", [], counts.wait)
        text.family("outpost_job_run_seconds", "histogram", "From the start of a job's program to its end.")
        text.histogram("outpost_job_run_seconds", [], counts.run)
        text.family("outpost_callbacks_total", "counter", "Attempts to deliver a callback, and callbacks given up.")
        for (outcome, count) in [
            ("delivered", counts.callbacksDelivered), ("failed", counts.callbackFailures),
            ("dropped", counts.callbacksDropped),
        ] {
            text.sample("outpost_callbacks_total", [("outcome", outcome)], Double(count))
        }
    }
}
