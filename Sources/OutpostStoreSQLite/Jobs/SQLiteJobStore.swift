// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

/// Jobs in SQLite.
struct SQLiteJobStore: JobStore {
    let database: SQLiteDatabase
    /// Milliseconds on a clock that only goes forward, from any start.
    let leaseClock: @Sendable () -> Int64

    /// Ends all leases: no process serves this database yet, so nobody holds a job, or is sending a callback.
    static func endLeases(in database: SQLiteDatabase) throws(OutpostError) {
        try database.writeNow {
            try $0.execute(sql: "UPDATE jobs SET lease_until = \(Int64.min) WHERE lease_until IS NOT NULL")
            try $0.execute(sql: "UPDATE job_callbacks SET is_held = 0, due_at = since WHERE is_held")
        }
    }

    /// How many jobs of a namespace stand so.
    static func count(_ status: JobStatus, _ namespace: String, in database: Database) throws -> Int {
        try JobPhase.all(status).reduce(0) { sum, phase in
            sum
                + (try Int.fetchOne(
                    database.cachedStatement(sql: "SELECT count FROM job_counts WHERE namespace = ? AND phase = ?"),
                    arguments: [namespace, phase.rawValue]) ?? 0)
        }
    }

    func begin(_ lease: JobLease, at now: Timestamp) async throws(OutpostError) -> Bool {
        try await database.write { database in
            try database.cachedStatement(
                sql: """
                    UPDATE jobs SET phase = 3, attempt = attempt + 1, started_at = ?
                    WHERE id = ? AND fence = ? AND phase = 2 AND NOT is_cancelling
                    """
            ).execute(arguments: [now.milliseconds, lease.job.databaseValue, lease.number])
            return database.changesCount == 1
        }
    }

    func finish(_ lease: JobLease, with outcome: JobOutcome) async throws(OutpostError) -> Bool {
        try await database.write { database in
            guard try JobEnding.isHeld(lease, in: database) else { return false }
            try JobEnding.end(lease.job.databaseValue, outcome, in: database)
            return true
        }
    }

    func requeue(
        _ lease: JobLease, isCounted: Bool, at now: JobMoment
    ) async throws(OutpostError) -> JobStatus? {
        try await database.write { database in
            guard try JobEnding.isHeld(lease, in: database) else { return nil }
            return try JobEnding.requeue(lease.job.databaseValue, isCounted: isCounted, at: now, in: database)
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
                try JobEnding.end(id.databaseValue, JobOutcome(status: .cancelled, moment: now), in: database)
            case .claimed, .running:
                try database.cachedStatement(sql: "UPDATE jobs SET is_cancelling = 1 WHERE id = ?")
                    .execute(arguments: [id.databaseValue])
            case .succeeded, .failed, .cancelled, .timedOut: break
            }
            return try Self.record(id, namespace, in: database).map { ($0, phase.status == .queued) }
        }
    }

    func job(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) -> JobRecord? {
        try await database.read { database in try Self.record(id, namespace, in: database) }
    }

    private static func record(
        _ id: JobID, _ namespace: NamespaceName, in database: Database
    ) throws -> JobRecord? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(Job.databaseColumns), has_outside_result, job_results.body AS result
                FROM jobs LEFT JOIN job_results ON job_results.job = jobs.id WHERE id = ? AND namespace = ?
                """)
        let arguments: StatementArguments = [id.databaseValue, namespace.rawValue]
        guard let row = try Row.fetchOne(statement, arguments: arguments) else { return nil }
        let inside: Data? = try row.decodedIfPresent("result")
        let isExternal: Int = try row.decoded("has_outside_result")
        return JobRecord(
            job: try Job(row: row), result: isExternal != 0 ? .external : inside.map { .inline(Array($0)) })
    }
}
