// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension TextTable {
    /// One row for each job.
    init(jobs: [Job], now: Timestamp) {
        self.init(
            header: ["ID", "STATUS", "PRIORITY", "ATTEMPT", "SANDBOX", "CREATED", "DURATION"],
            rows: jobs.map { job in
                [
                    job.id.rawValue, job.status.rawValue, String(job.priority), "\(job.attempt)/\(job.maxAttempts)",
                    job.sandboxID.rawValue, job.createdAt.text, job.duration(now),
                ]
            })
    }

    /// One row for each field of `job`.
    init(fieldsOf job: Job, now: Timestamp) {
        let error = job.error.map { [["error", "\($0.code.rawValue): \($0.message)"]] } ?? []
        self.init(
            header: ["FIELD", "VALUE"],
            rows: standing(job) + (job.result.map(outcome) ?? []) + error + times(job, now))
    }
}

extension Job {
    /// The time of the program's run, up to now when it still runs.
    fileprivate func duration(_ now: Timestamp) -> String {
        guard let startedAt, let end = status.isTerminal ? completedAt : now else { return TextTable.absent }
        return elapsedText(from: startedAt, to: end)
    }
}

private func standing(_ job: Job) -> [[String]] {
    [
        ["id", job.id.rawValue],
        ["namespace", job.namespace.rawValue],
        ["sandbox", job.sandboxID.rawValue],
        ["status", job.status.rawValue],
        ["attempt", "\(job.attempt) of \(job.maxAttempts)"],
        ["priority", String(job.priority)],
    ]
}

private func outcome(_ result: Execution) -> [[String]] {
    [
        ["result", result.status.rawValue],
        ["exit code", result.exitCode.map { String($0) } ?? TextTable.absent],
        ["signal", result.signal ?? TextTable.absent],
        ["stdout", "\(result.stdout.total) bytes"],
        ["stderr", "\(result.stderr.total) bytes"],
    ]
}

private func times(_ job: Job, _ now: Timestamp) -> [[String]] {
    [
        ["created", job.createdAt.text],
        ["started", job.startedAt.cell],
        ["completed", job.completedAt.cell],
        ["duration", job.duration(now)],
        ["expires", job.expiresAt.cell],
    ]
}
