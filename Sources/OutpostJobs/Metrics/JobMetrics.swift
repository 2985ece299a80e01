// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import OutpostCore
public import OutpostMetrics

/// What the queue measures.
public final class JobMetrics: Sendable {
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
    /// Jobs that wait again after their program had started.
    let retries: Counter
    private let wait: Timer
    private let run: Timer
    let callbacksDelivered: Counter
    /// Attempts that failed.
    let callbackFailures: Counter
    /// Callbacks that were given up.
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

    /// From submission to the start of the program.
    func recordWait(from start: Timestamp, to end: Timestamp) { Self.record(wait, from: start, to: end) }

    /// From the start of the program to its end.
    func recordRun(from start: Timestamp, to end: Timestamp) { Self.record(run, from: start, to: end) }

    /// A clock that was set back makes no negative durations.
    private static func record(_ timer: Timer, from start: Timestamp, to end: Timestamp) {
        timer.recordMilliseconds(max(0, end.milliseconds - start.milliseconds))
    }
}
