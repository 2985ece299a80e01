// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

extension SQLiteJobStore {
    func insert(
        _ jobs: [NewJob], within limits: JobLimits, answering answer: KeyedAnswer?, claiming claim: JobClaim?
    ) async throws(OutpostError) -> [ClaimedJob] {
        let until = leaseClock() + (claim?.leaseMilliseconds ?? 0)
        return try await database.write { database in
            for (namespace, jobs) in Dictionary(grouping: jobs, by: \.namespace) {
                let queued = try Self.count(.queued, namespace.rawValue, in: database)
                guard queued + jobs.count <= limits.queued else { throw Self.queueFull(limits.queued) }
                try Self.reserveStorage(jobs, namespace, limits.storage, in: database)
                try Self.insert(jobs, namespace.rawValue, in: database)
            }
            for key in Set(jobs.compactMap { $0.concurrencyKey?.rawValue }) {
                try JobConcurrency.chooseClaimable(for: key, in: database)
            }
            if let answer { try SQLiteIdempotencyStore.finish(answer.key, with: answer.answer, in: database) }
            return try claim.map { try Self.claim($0, until: until, in: database) } ?? []
        }
    }

    /// Checks that the namespace may store `jobs`, and counts their bytes.
    ///
    /// - Throws: `insufficient_storage`.
    private static func reserveStorage(
        _ jobs: [NewJob], _ namespace: NamespaceName, _ bound: StorageBound, in database: Database
    ) throws {
        let held = try storedBytes(of: namespace.rawValue, in: database)
        let adding = jobs.reduce(0) { $0 + JobStorage.waiting(request: $1.request.count) }
        guard bound.allows(held: held, adding: adding) else {
            throw bound.refusal(.storedResults, held: held, in: namespace)
        }
        try addUsage(adding, namespace.rawValue, in: database)
    }

    private static func queueFull(_ limit: Int) -> OutpostError {
        OutpostError(
            .rateLimited, "the namespace would have more than \(limit) queued jobs, which is its limit (max_queued)",
            retryAfter: 1)
    }

    private static func insert(_ jobs: [NewJob], _ namespace: String, in database: Database) throws {
        let row = try database.cachedStatement(
            sql: """
                INSERT INTO jobs (
                    id, namespace, phase, priority, lane, max_attempts, sandbox, created_at, callback_url, bytes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let request = try database.cachedStatement(sql: "INSERT INTO job_requests VALUES (?, ?)")
        for job in jobs {
            let phase = phase(job)
            do {
                try row.execute(arguments: [
                    job.id.databaseValue, namespace, phase.rawValue, job.priority, job.concurrencyKey?.rawValue,
                    job.maxAttempts,
                    job.sandboxID.rawValue, job.createdAt.milliseconds, job.callbackURL,
                    JobStorage.waiting(request: job.request.count),
                ])
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY {
                throw OutpostError(.conflict, "job \(job.id) exists already", cause: error)
            }
            try request.execute(arguments: [job.id.databaseValue, Data(job.request)])
        }
        for (phase, jobs) in Dictionary(grouping: jobs, by: phase) {
            try database.cachedStatement(
                sql: "INSERT INTO job_counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"
            ).execute(arguments: [namespace, phase.rawValue, jobs.count])
        }
    }

    /// The phase of a new job. A job with a concurrency key starts as blocked; `chooseClaimable` decides after all are
    /// added.
    private static func phase(_ job: NewJob) -> JobPhase { job.concurrencyKey == nil ? .waiting : .blocked }
}
