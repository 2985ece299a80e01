// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

/// Milliseconds. No callback is scheduled further ahead than this. One that is due later was scheduled before the clock
/// was set back, and counts as due.
private let longestDelay: Int64 = 2 * 3_600_000

extension SQLiteJobStore {
    func claimCallbacks(_ claim: CallbackClaim, at now: Timestamp) async throws(OutpostError) -> [DueCallback] {
        try await database.write { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT job, attempts, since, namespace, url, rank FROM (
                            SELECT *, row_number() OVER (PARTITION BY namespace ORDER BY due_at, job) AS rank
                            FROM job_callbacks WHERE due_at <= ? OR due_at > ?
                        ) WHERE rank <= ? ORDER BY due_at, job
                        """),
                arguments: [now.milliseconds, now.milliseconds + longestDelay, claim.namespaceLimit])
            var due: [DueCallback] = []
            for row in rows where due.count < claim.limit {
                let namespace = try row.decoded("namespace") { NamespaceName($0) }
                let rank: Int = try row.decoded("rank")
                guard rank + claim.sending[namespace, default: 0] <= claim.namespaceLimit else { continue }
                due.append(
                    try Self.claim(row, namespace, until: now.milliseconds + claim.holdMilliseconds, in: database))
            }
            return due
        }
    }

    private static func claim(
        _ row: Row, _ namespace: NamespaceName, until moment: Int64, in database: Database
    ) throws -> DueCallback {
        let id: Int64 = try row.decoded("job")
        try database.cachedStatement(
            sql: "UPDATE job_callbacks SET attempts = attempts + 1, is_held = 1, due_at = ? WHERE job = ?"
        ).execute(arguments: [moment, id])
        return DueCallback(
            job: JobID(number: UInt64(id)), namespace: namespace, url: try row.decoded("url"),
            attempt: try row.decoded("attempts") + 1, since: try row.decodedTimestamp("since"))
    }

    func rescheduleCallback(_ id: JobID, at next: Timestamp?) async throws(OutpostError) {
        try await database.write { database in
            if let next {
                try database.cachedStatement(sql: "UPDATE job_callbacks SET is_held = 0, due_at = ? WHERE job = ?")
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
