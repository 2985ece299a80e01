// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

extension SQLiteJobStore {
    func finish(_ lease: JobLease, with outcome: JobOutcome) async throws(OutpostError) -> Bool {
        try await database.write { database in
            guard try Self.isHeld(lease, in: database) else { return false }
            try Self.end(lease.job.databaseValue, outcome, in: database)
            return true
        }
    }

    func requeue(
        _ lease: JobLease, isCounted: Bool, at now: JobMoment
    ) async throws(OutpostError) -> JobStatus? {
        try await database.write { database in
            guard try Self.isHeld(lease, in: database) else { return nil }
            return try Self.requeue(lease.job.databaseValue, isCounted: isCounted, at: now, in: database)
        }
    }

    func cancel(
        _ id: JobID, in namespace: NamespaceName, at now: JobMoment
    ) async throws(OutpostError) -> (record: JobRecord, hasEnded: Bool)? {
        try await database.write { database in
            let statement = try database.cachedStatement(sql: "SELECT phase FROM jobs WHERE id = ? AND namespace = ?")
            let arguments: StatementArguments = [id.databaseValue, namespace.rawValue]
            guard let value = try Int.fetchOne(statement, arguments: arguments), let phase = JobPhase(rawValue: value)
            else { return nil }
            switch phase {
            case .waiting, .blocked:
                try Self.end(id.databaseValue, JobOutcome(status: .cancelled, moment: now), in: database)
            case .claimed, .running:
                try database.cachedStatement(sql: "UPDATE jobs SET is_cancelling = 1 WHERE id = ?")
                    .execute(arguments: [id.databaseValue])
            case .succeeded, .failed, .cancelled, .timedOut: break
            }
            return try Self.record(id, namespace, in: database).map { ($0, phase.status == .queued) }
        }
    }

    /// Whether `lease` is the job's current lease.
    private static func isHeld(_ lease: JobLease, in database: Database) throws -> Bool {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND phase IN (2, 3)"),
            arguments: [lease.job.databaseValue, lease.number]) != nil
    }

    /// Gives the job its one terminal state, deletes its request, stores its result, and makes its callback due.
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
            outcome.externalResult?.databaseValue ?? 0, JobStorage.ended(result: outcome.resultBytes), id,
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
        try chooseClaimable(after: id, in: database)
    }

    /// Returns a job that a worker held to the queue. Cancels it instead when its cancellation was requested.
    ///
    /// - Parameter isCounted: whether a started attempt counts.
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
        try chooseClaimable(after: id, in: database)
        return .queued
    }

    private static func chooseClaimable(after id: Int64, in database: Database) throws {
        let key = try String.fetchOne(
            database.cachedStatement(sql: "SELECT lane FROM jobs WHERE id = ?"), arguments: [id])
        if let key { try JobConcurrency.chooseClaimable(for: key, in: database) }
    }
}

extension JobOutcome {
    fileprivate var externalResult: JobResultID? {
        if case .external(let id) = result { id } else { nil }
    }

    /// Bytes that the result takes, in the database or in a file.
    fileprivate var resultBytes: Int {
        switch result {
        case nil: 0
        case .inline(let body): body.count
        case .external: externalBytes
        }
    }
}
