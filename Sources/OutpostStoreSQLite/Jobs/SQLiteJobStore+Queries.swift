// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

extension SQLiteJobStore {
    func job(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) -> JobRecord? {
        try await database.read { database in try Self.record(id, namespace, in: database) }
    }

    /// `job` as a part of another transaction.
    static func record(_ id: JobID, _ namespace: NamespaceName, in database: Database) throws -> JobRecord? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(Job.databaseColumns), has_outside_result, fence, job_results.body AS result
                FROM jobs LEFT JOIN job_results ON job_results.job = jobs.id WHERE id = ? AND namespace = ?
                """)
        let arguments: StatementArguments = [id.databaseValue, namespace.rawValue]
        guard let row = try Row.fetchOne(statement, arguments: arguments) else { return nil }
        let inline: Data? = try row.decodedIfPresent("result")
        let external = try JobResultID(row: row)
        return JobRecord(
            job: try Job(row: row), result: external.map { .external($0) } ?? inline.map { .inline(Array($0)) })
    }

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

    /// The number of a namespace's jobs with `status`.
    static func count(_ status: JobStatus, _ namespace: String, in database: Database) throws -> Int {
        try JobPhase.all(status).reduce(0) { sum, phase in
            sum
                + (try Int.fetchOne(
                    database.cachedStatement(sql: "SELECT count FROM job_counts WHERE namespace = ? AND phase = ?"),
                    arguments: [namespace, phase.rawValue]) ?? 0)
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

    /// When the namespace's oldest claimable job was submitted. It reads only the first job of each priority, which takes
    /// the same time however many jobs there are.
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
}
