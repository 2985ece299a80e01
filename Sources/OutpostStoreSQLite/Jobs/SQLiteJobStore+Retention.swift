// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

/// What jobs take on the disk, and the deletion of expired jobs.
extension SQLiteJobStore {
    func sweep(at now: Timestamp, limit: Int) async throws(OutpostError) -> JobSweep {
        try await database.write { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id, fence, has_outside_result FROM jobs
                        WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ?
                        """), arguments: [now.milliseconds, limit])
            var sweep = JobSweep()
            for row in rows {
                let id: Int64 = try row.decoded("id")
                for (table, column) in [("jobs", "id"), ("job_results", "job"), ("job_callbacks", "job")] {
                    try database.cachedStatement(sql: "DELETE FROM \(table) WHERE \(column) = ?")
                        .execute(arguments: [id])
                }
                sweep.deletedJobs += 1
                if let result = try JobResultID(row: row) { sweep.externalResults.append(result) }
            }
            return sweep
        }
    }

    func recordResultSizes(_ sizes: [JobResultID: Int]) async throws(OutpostError) -> Set<JobResultID> {
        try await database.write { database in
            let find = try database.cachedStatement(
                sql: "SELECT id, fence, has_outside_result, bytes FROM jobs WHERE id = ?")
            let update = try database.cachedStatement(sql: "UPDATE jobs SET bytes = ? WHERE id = ?")
            var known: Set<JobResultID> = []
            for (id, size) in sizes {
                let row = try Row.fetchOne(find, arguments: [id.job.databaseValue])
                guard let row, try JobResultID(row: row) == id else { continue }
                known.insert(id)
                let bytes = JobStorage.ended(result: size)
                if try row.decoded("bytes") != bytes {
                    try update.execute(arguments: [bytes, id.job.databaseValue])
                }
            }
            return known
        }
    }

    func storedBytes(of namespace: NamespaceName) async throws(OutpostError) -> Int {
        try await database.read { try Self.storedBytes(of: namespace.rawValue, in: $0) }
    }

    /// `storedBytes` as a part of another transaction.
    static func storedBytes(of namespace: String, in database: Database) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT bytes FROM job_usage WHERE namespace = ?"), arguments: [namespace])
            ?? 0
    }

    /// Counts the bytes of new jobs. The caller inserts the jobs in the same transaction. One call for many jobs is
    /// cheaper than a trigger for each.
    static func addUsage(_ bytes: Int, _ namespace: String, in database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT INTO job_usage VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes"
        ).execute(arguments: [namespace, bytes])
    }
}
