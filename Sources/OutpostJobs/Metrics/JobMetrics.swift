// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import OutpostCore
public import OutpostMetrics

/// The metrics of the queue.
public final class JobMetrics: Sendable {
    /// The descriptions of all metrics of the queue, for `MetricsRegistry`.
    public static let families = [
        MetricFamily("outpost_jobs_submitted_total", .counter, "Jobs that were taken."),
        MetricFamily("outpost_jobs_ended_total", .counter, "Jobs that have ended, by how."),
        MetricFamily(
            "outpost_jobs_retries_total", .counter, "Jobs that wait again though their program had started."),
        MetricFamily(
            "outpost_job_wait_seconds", MetricFamily.jobs, "From a job's submission to the start of its program."),
        MetricFamily("outpost_job_run_seconds", MetricFamily.jobs, "From the start of a job's program to its end."),
        MetricFamily(
            "outpost_callbacks_total", .counter, "Attempts to deliver a callback, and callbacks given up."),
    ]

    let submitted: Counter
    private let ended: [JobStatus: Counter]
    /// Attempts that ended in a return to the queue after the program had started.
    let retries: Counter
    private let wait: Timer
    private let run: Timer
    let callbacksDelivered: Counter
    /// Failed attempts to deliver a callback.
    let callbackFailures: Counter
    /// Callbacks that are not tried again.
    let callbacksDropped: Counter

    init(_ factory: any MetricsFactory) {
        submitted = Counter(label: "outpost_jobs_submitted_total", factory: factory)
        ended = Dictionary(
            uniqueKeysWithValues: JobStatus.allCases.filter(\.isTerminal).map {
                (
                    $0,
                    Counter(label: "outpost_jobs_ended_total", dimensions: [("status", $0.rawValue)], factory: factory)
                )
            })
        retries = Counter(label: "outpost_jobs_retries_total", factory: factory)
        wait = Timer(label: "outpost_job_wait_seconds", factory: factory)
        run = Timer(label: "outpost_job_run_seconds", factory: factory)
        func callbacks(_ outcome: String) -> Counter {
            Counter(label: "outpost_callbacks_total", dimensions: [("outcome", outcome)], factory: factory)
        }
        callbacksDelivered = callbacks("delivered")
        callbackFailures = callbacks("failed")
        callbacksDropped = callbacks("dropped")
    }

    func countEnd(_ status: JobStatus) { ended[status]?.increment() }

    /// Records the time from a job's submission to the start of its program.
    func recordWait(from start: Timestamp, to end: Timestamp) { Self.record(wait, from: start, to: end) }

    /// Records the time from the start of a program to its end.
    func recordRun(from start: Timestamp, to end: Timestamp) { Self.record(run, from: start, to: end) }

    /// Records the time from `start` to `end`; zero when the clock was set back between them.
    private static func record(_ timer: Timer, from start: Timestamp, to end: Timestamp) {
        timer.recordMilliseconds(max(0, end.milliseconds - start.milliseconds))
    }
}
