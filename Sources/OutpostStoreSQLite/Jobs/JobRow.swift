// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

extension Job {
    /// The columns of `jobs` that `init(row:)` reads.
    static let databaseColumns = """
        id, namespace, sandbox, phase, attempt, max_attempts, priority, error_code, error_message, created_at, \
        started_at, completed_at, expires_at
        """

    /// The job in a row of `databaseColumns`.
    ///
    /// - Throws: `UndecodableRecord`, which names the column.
    init(row: Row) throws {
        let phase = JobPhase(rawValue: try row.decoded("phase"))
        let code: String? = try row.decodedIfPresent("error_code")
        let text: String? = try row.decodedIfPresent("error_message")
        guard let phase else { throw UndecodableRecord(reason: "phase is unknown") }
        self.init(
            id: JobID(number: UInt64(try row.decoded("id", as: Int64.self))),
            namespace: try row.decoded("namespace") { NamespaceName($0) },
            sandboxID: try row.decoded("sandbox") { SandboxID($0) },
            status: phase.status, attempt: try row.decoded("attempt"), maxAttempts: try row.decoded("max_attempts"),
            priority: try row.decoded("priority"),
            error: code.map { JobError(ErrorCode(rawValue: $0), text ?? "") },
            createdAt: try row.decodedTimestamp("created_at"),
            startedAt: try row.decodedTimestampIfPresent("started_at"),
            completedAt: try row.decodedTimestampIfPresent("completed_at"),
            expiresAt: try row.decodedTimestampIfPresent("expires_at"))
    }
}

extension JobResultID {
    /// The value of the column `has_outside_result`: 1 for a file of an earlier version, whose name has no lease number, and
    /// 2 for a file whose number is in the column `fence`. A job that has ended is never claimed again, so its `fence` stays.
    var databaseValue: Int64 { lease == nil ? 1 : 2 }

    /// The large result of a job in a row with the columns `id`, `fence` and `has_outside_result`. Nil when it has none.
    ///
    /// - Throws: `UndecodableRecord`, which names the column.
    init?(row: Row) throws {
        let job = JobID(number: UInt64(try row.decoded("id", as: Int64.self)))
        switch try row.decoded("has_outside_result", as: Int64.self) {
        case 0: return nil
        case 1: self.init(job: job, lease: nil)
        case 2: self.init(job: job, lease: try row.decoded("fence"))
        default: throw UndecodableRecord(reason: "has_outside_result is unknown")
        }
    }
}

extension JobID {
    /// The value of the column `id`.
    var databaseValue: Int64 { Int64(number) }
}
