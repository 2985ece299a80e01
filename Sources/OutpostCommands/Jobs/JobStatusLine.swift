// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Returns the status of a job as one line of a terminal.
///
/// - Parameters:
///   - problem: why the server does not answer; nil when it answers.
///   - width: the columns of the terminal. The last column stays empty, because some terminals wrap the line there.
func jobStatusLine(_ job: Job, now: Timestamp, problem: String? = nil, width: Int) -> String {
    var line = "\(job.id) \(standing(job, now))"
    if job.maxAttempts > 1, job.attempt > 0 { line += ", attempt \(job.attempt) of \(job.maxAttempts)" }
    if let problem { line += " (\(problem))" }
    return String(TextTable.printable(line).prefix(max(0, width - 1)))
}

private func standing(_ job: Job, _ now: Timestamp) -> String {
    switch job.status {
    case .queued: "queued \(elapsedText(from: job.createdAt, to: now, tenths: false))"
    case .running: "running \(elapsedText(from: job.startedAt ?? now, to: now))"
    case .succeeded, .failed, .cancelled, .timedOut: job.status.rawValue
    }
}
