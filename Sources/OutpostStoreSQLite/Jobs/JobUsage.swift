// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

/// What each job takes, and what all of a namespace's take: adding up would take the longer the more there are. What large
/// results take that an earlier version kept is told by `adopt`.
let jobUsage = """
    ALTER TABLE jobs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
    UPDATE jobs SET bytes = \(JobStorage.rowBytes) + iif(phase <= 3, \(JobStorage.reservedResultBytes), 0)
        + coalesce((SELECT length(body) FROM job_requests WHERE job = id), 0)
        + coalesce((SELECT length(body) FROM job_results WHERE job = id), 0);

    CREATE TABLE job_usage (namespace TEXT NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO job_usage SELECT namespace, sum(bytes) FROM jobs GROUP BY namespace;

    CREATE TRIGGER job_resized AFTER UPDATE OF bytes ON jobs WHEN old.bytes <> new.bytes BEGIN
        UPDATE job_usage SET bytes = bytes + new.bytes - old.bytes WHERE namespace = new.namespace;
    END;
    CREATE TRIGGER job_unsized AFTER DELETE ON jobs BEGIN
        UPDATE job_usage SET bytes = bytes - old.bytes WHERE namespace = old.namespace;
    END;
    """

extension SQLiteJobStore {
    func storedBytes(of namespace: NamespaceName) async throws(OutpostError) -> Int {
        try await database.read { try Self.storedBytes(of: namespace.rawValue, in: $0) }
    }

    /// `storedBytes` as a part of another transaction.
    static func storedBytes(of namespace: String, in database: Database) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT bytes FROM job_usage WHERE namespace = ?"), arguments: [namespace])
            ?? 0
    }

    /// Counts jobs that are inserted in the same transaction: by no trigger, so that many of them cost no more than one.
    static func addUsage(_ bytes: Int, _ namespace: String, in database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT INTO job_usage VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes"
        ).execute(arguments: [namespace, bytes])
    }

    func recordResultSizes(_ results: [JobID: Int]) async throws(OutpostError) -> Set<JobID> {
        try await database.write { database in
            let find = try database.cachedStatement(sql: "SELECT bytes FROM jobs WHERE id = ? AND has_outside_result")
            let note = try database.cachedStatement(sql: "UPDATE jobs SET bytes = ? WHERE id = ?")
            var known: Set<JobID> = []
            for (id, size) in results {
                guard let counted = try Int.fetchOne(find, arguments: [id.databaseValue]) else { continue }
                known.insert(id)
                let bytes = JobStorage.ended(result: size)
                if counted != bytes { try note.execute(arguments: [bytes, id.databaseValue]) }
            }
            return known
        }
    }
}
