// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

extension SQLiteJobStore {
    func claim(_ claim: JobClaim) async throws(OutpostError) -> [ClaimedJob] {
        let until = leaseClock() + claim.leaseMilliseconds
        return try await database.write { try Self.claim(claim, until: until, in: $0) }
    }

    /// `claim` as a part of another write.
    static func claim(_ claim: JobClaim, until: Int64, in database: Database) throws -> [ClaimedJob] {
        var turns = try turns(claim, in: database)
        var claimed: [ClaimedJob] = []
        while claimed.count < claim.limit, !turns.isEmpty {
            var turn = turns.removeFirst()
            guard let job = try claimFirst(of: turn.namespace, claim.worker, until: until, in: database) else {
                continue
            }
            claimed.append(job)
            turn.room -= 1
            if turn.room > 0 { turns.append(turn) }
        }
        return claimed
    }

    /// The namespaces with claimable jobs and a free running place, beginning with the namespace after `claim.after`.
    /// `room` is the number of jobs that the namespace may still run.
    private static func turns(
        _ claim: JobClaim, in database: Database
    ) throws -> [(namespace: String, room: Int)] {
        let waiting = try String.fetchAll(
            database.cachedStatement(sql: "SELECT namespace FROM job_counts WHERE phase = 0 AND count > 0"))
        let last = claim.after?.rawValue ?? ""
        let order = waiting.filter { $0 > last }.sorted() + waiting.filter { $0 <= last }.sorted()
        return try order.compactMap { namespace in
            let room = claim.runningLimit - (try count(.running, namespace, in: database))
            return room > 0 ? (namespace, room) : nil
        }
    }

    private static func claimFirst(
        of namespace: String, _ worker: String, until: Int64, in database: Database
    ) throws -> ClaimedJob? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(Job.databaseColumns), lane, fence, callback_url, job_requests.body AS request
                FROM jobs JOIN job_requests ON job_requests.job = jobs.id
                WHERE namespace = ? AND phase = 0 ORDER BY priority DESC, id LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [namespace]) else { return nil }
        var job = try Job(row: row)
        job.status = .running
        let number: Int64 = try row.decoded("fence") + 1
        try database.cachedStatement(
            sql: "UPDATE jobs SET phase = 2, fence = ?, worker = ?, lease_until = ? WHERE id = ?"
        ).execute(arguments: [number, worker, until, job.id.databaseValue])
        return ClaimedJob(
            lease: JobLease(job: job.id, number: number), job: job,
            hasConcurrencyKey: try row.decodedIfPresent("lane", as: String.self) != nil,
            hasCallback: try row.decodedIfPresent("callback_url", as: String.self) != nil,
            request: Array(try row.decoded("request", as: Data.self)))
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

    func renew(_ leases: [JobLease], milliseconds: Int64) async throws(OutpostError) -> [JobLease] {
        let until = leaseClock() + milliseconds
        return try await database.write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE jobs SET lease_until = ? WHERE id = ? AND fence = ? AND phase IN (2, 3)")
            return try leases.filter { lease in
                try statement.execute(arguments: [until, lease.job.databaseValue, lease.number])
                return database.changesCount == 0
            }
        }
    }

    func expireLeases(failingWith error: JobError, at now: JobMoment) async throws(OutpostError) -> [JobID: JobStatus] {
        let moment = leaseClock()
        return try await database.write { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id, phase = 3 AND attempt >= max_attempts AND NOT is_cancelling AS is_over FROM jobs
                        WHERE lease_until IS NOT NULL AND lease_until <= ?
                        """), arguments: [moment])
            return try rows.reduce(into: [:]) { ended, row in
                let id: Int64 = try row.decoded("id")
                guard try row.decoded("is_over", as: Int.self) == 0 else {
                    try Self.end(id, JobOutcome(status: .failed, error: error, moment: now), in: database)
                    ended[JobID(number: UInt64(id))] = .failed
                    return
                }
                let status = try Self.requeue(id, isCounted: true, at: now, in: database)
                if status.isTerminal { ended[JobID(number: UInt64(id))] = status }
            }
        }
    }
}
