// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

extension SQLiteJobStore {
    func jobs(_ query: JobPageQuery) async throws(OutpostError) -> (jobs: [JobRecord], total: Int) {
        try await database.read { database in
            let phases = query.status.map(JobPhase.all)
            let filter = phases.map { "AND phase IN (\($0.map { String($0.rawValue) }.joined(separator: ", ")))" } ?? ""
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT \(Job.databaseColumns) FROM jobs WHERE namespace = ? \(filter)
                        ORDER BY id \(query.isDescending ? "DESC" : "ASC") LIMIT ? OFFSET ?
                        """), arguments: [query.namespace.rawValue, query.limit, query.offset])
            let statuses = query.status.map { [$0] } ?? JobStatus.allCases
            let total = try statuses.reduce(0) { try $0 + Self.count($1, query.namespace.rawValue, in: database) }
            return (try rows.map { JobRecord(job: try Job(row: $0)) }, total)
        }
    }

    func census() async throws(OutpostError) -> JobCensus {
        try await database.read { database in
            var census = JobCensus()
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: "SELECT phase, sum(count) AS count FROM job_counts GROUP BY phase"))
            for row in rows {
                guard let phase = JobPhase(rawValue: try row.decoded("phase")) else { continue }
                census.counts[phase.status, default: 0] += try row.decoded("count", as: Int.self)
            }
            let waiting = try String.fetchAll(
                database.cachedStatement(sql: "SELECT namespace FROM job_counts WHERE phase = 0 AND count > 0"))
            census.storedBytes = try Int.fetchOne(database, sql: "SELECT sum(bytes) FROM job_usage") ?? 0
            census.oldestQueued = try waiting.compactMap { try Self.oldest(of: $0, in: database) }.min()
            return census
        }
    }

    /// Since when the oldest waits: the first of each priority is looked at, so that it takes no longer the more there are.
    private static func oldest(of namespace: String, in database: Database) throws -> Timestamp? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT priority, created_at FROM jobs WHERE namespace = ? AND phase = 0 AND priority < ?
                ORDER BY priority DESC, id LIMIT 1
                """)
        var oldest: Timestamp?
        var bound = Int.max
        while let row = try Row.fetchOne(statement, arguments: [namespace, bound]) {
            bound = try row.decoded("priority")
            oldest = min(oldest ?? Timestamp(milliseconds: .max), try row.decodedTimestamp("created_at"))
        }
        return oldest
    }

    func lastID() async throws(OutpostError) -> JobID? {
        try await database.read { database in
            try Int64.fetchOne(database, sql: "SELECT max(id) FROM jobs").map { JobID(number: UInt64($0)) }
        }
    }

    func sweep(at now: Timestamp, limit: Int) async throws(OutpostError) -> JobSweep {
        try await database.write { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id, has_outside_result FROM jobs WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ?
                        """), arguments: [now.milliseconds, limit])
            var sweep = JobSweep()
            for row in rows {
                let id: Int64 = try row.decoded("id")
                for (table, column) in [("jobs", "id"), ("job_results", "job"), ("job_callbacks", "job")] {
                    try database.cachedStatement(sql: "DELETE FROM \(table) WHERE \(column) = ?")
                        .execute(arguments: [id])
                }
                sweep.deletedJobs += 1
                if try row.decoded("has_outside_result", as: Int.self) != 0 {
                    sweep.externalResults.append(JobID(number: UInt64(id)))
                }
            }
            return sweep
        }
    }
}
