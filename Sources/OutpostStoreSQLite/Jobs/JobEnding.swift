// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

/// How a job leaves its worker, or the queue.
enum JobEnding {
    /// Whether the lease still counts.
    static func isHeld(_ lease: JobLease, in database: Database) throws -> Bool {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND phase IN (2, 3)"),
            arguments: [lease.job.databaseValue, lease.number]) != nil
    }

    /// Gives the job its one terminal state.
    static func end(_ id: Int64, _ outcome: JobOutcome, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                UPDATE jobs SET phase = ?, completed_at = ?, expires_at = ?, error_code = ?, error_message = ?,
                    has_outside_result = ?, bytes = ?, lease_until = NULL, worker = NULL
                WHERE id = ?
                """
        ).execute(arguments: [
            JobPhase.ended(outcome.status).rawValue, outcome.moment.now.milliseconds,
            outcome.moment.expiresAt.milliseconds, outcome.error?.code.rawValue, outcome.error?.message,
            outcome.result == .external ? 1 : 0, JobStorage.ended(result: outcome.resultBytes), id,
        ])
        try database.cachedStatement(sql: "DELETE FROM job_requests WHERE job = ?").execute(arguments: [id])
        if case .inline(let body) = outcome.result {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO job_results VALUES (?, ?)")
                .execute(arguments: [id, Data(body)])
        }
        try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO job_callbacks (job, namespace, url, since, due_at)
                SELECT id, namespace, callback_url, completed_at, completed_at FROM jobs
                WHERE id = ? AND callback_url IS NOT NULL
                """
        ).execute(arguments: [id])
        try chooseClaimable(of: id, in: database)
    }

    /// Has a job that is held wait again; one that is to be cancelled is cancelled.
    static func requeue(
        _ id: Int64, isCounted: Bool, at now: JobMoment, in database: Database
    ) throws -> JobStatus {
        let isCancelling = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT is_cancelling FROM jobs WHERE id = ?"), arguments: [id])
        if isCancelling == true {
            try end(id, JobOutcome(status: .cancelled, moment: now), in: database)
            return .cancelled
        }
        try database.cachedStatement(
            sql: """
                UPDATE jobs SET attempt = attempt - (phase = 3 AND NOT ?), phase = iif(lane IS NULL, 0, 1),
                    lease_until = NULL, worker = NULL
                WHERE id = ?
                """
        ).execute(arguments: [isCounted, id])
        try chooseClaimable(of: id, in: database)
        return .queued
    }

    private static func chooseClaimable(of id: Int64, in database: Database) throws {
        let key = try String.fetchOne(
            database.cachedStatement(sql: "SELECT lane FROM jobs WHERE id = ?"), arguments: [id])
        if let key { try JobConcurrency.chooseClaimable(for: key, in: database) }
    }
}

extension JobOutcome {
    /// What the result takes.
    fileprivate var resultBytes: Int {
        switch result {
        case nil: 0
        case .inline(let body): body.count
        case .external: externalBytes
        }
    }
}
