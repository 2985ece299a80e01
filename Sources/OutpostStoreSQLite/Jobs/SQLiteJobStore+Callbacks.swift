// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

extension SQLiteJobStore {
    func claimCallbacks(
        at now: Timestamp, holdMilliseconds: Int64, limit: Int
    ) async throws(OutpostError) -> [DueCallback] {
        try await database.write { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT job, attempts, since, namespace, callback_url FROM job_callbacks
                        JOIN jobs ON jobs.id = job_callbacks.job WHERE due_at <= ? OR due_at > ? ORDER BY due_at LIMIT ?
                        """), arguments: [now.milliseconds, now.milliseconds + longestDelay, limit])
            return try rows.map { row in
                let id: Int64 = try row.decoded("job")
                try database.cachedStatement(
                    sql: "UPDATE job_callbacks SET attempts = attempts + 1, due_at = ? WHERE job = ?"
                ).execute(arguments: [now.milliseconds + holdMilliseconds, id])
                return DueCallback(
                    job: JobID(number: UInt64(id)), namespace: try row.decoded("namespace") { NamespaceName($0) },
                    url: try row.decoded("callback_url"), attempt: try row.decoded("attempts") + 1,
                    since: try row.decodedTimestamp("since"))
            }
        }
    }

    func rescheduleCallback(_ id: JobID, at next: Timestamp?) async throws(OutpostError) {
        try await database.write { database in
            if let next {
                try database.cachedStatement(sql: "UPDATE job_callbacks SET due_at = ? WHERE job = ?")
                    .execute(arguments: [next.milliseconds, id.databaseValue])
            } else {
                try database.cachedStatement(sql: "DELETE FROM job_callbacks WHERE job = ?")
                    .execute(arguments: [id.databaseValue])
            }
        }
    }

    func nextCallback() async throws(OutpostError) -> Timestamp? {
        try await database.read { database in
            try Int64.fetchOne(database.cachedStatement(sql: "SELECT min(due_at) FROM job_callbacks"))
                .map(Timestamp.init(milliseconds:))
        }
    }

    func callbackSecret(
        of namespace: NamespaceName, fresh: String, replaces: Bool
    ) async throws(OutpostError) -> String {
        try await database.write { database in
            try database.cachedStatement(
                sql: "INSERT OR \(replaces ? "REPLACE" : "IGNORE") INTO callback_secrets VALUES (?, ?)"
            ).execute(arguments: [namespace.rawValue, fresh])
            return try String.fetchOne(
                database.cachedStatement(sql: "SELECT secret FROM callback_secrets WHERE namespace = ?"),
                arguments: [namespace.rawValue]) ?? fresh
        }
    }
}

/// Milliseconds. No callback is put off for longer, so one that is due later was put down before the clock was set back.
private let longestDelay: Int64 = 2 * 3_600_000
