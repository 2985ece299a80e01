// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

extension JobService {
    static func missing(_ id: JobID) -> OutpostError { OutpostError(.notFound, "job \(id) does not exist") }

    /// - Throws: `not_found` when the namespace has no such job.
    func record(_ id: JobID, _ namespace: NamespaceName) async throws(OutpostError) -> JobRecord {
        guard let record = try await context.store.job(id, in: namespace) else { throw Self.missing(id) }
        return record
    }

    /// Returns a job, with its result when it has ended.
    ///
    /// - Parameters:
    ///   - sandbox: the sandbox that the job must belong to; nil for any.
    ///   - waitSeconds: the longest wait for the job's end; 0 for no wait.
    ///   - room: makes room for the result in memory.
    /// - Throws: `not_found` when the namespace has no such job; the errors of `room`.
    public func job(
        _ id: JobID, in namespace: NamespaceName, sandbox: SandboxID? = nil, waitSeconds: Int = 0,
        room: OutputRoom = { _ in }
    ) async throws(OutpostError) -> Job {
        var record = try await record(id, namespace)
        guard sandbox == nil || sandbox == record.job.sandboxID else { throw Self.missing(id) }
        let deadline = ContinuousClock.now + .seconds(waitSeconds)
        while !record.job.status.isTerminal, ContinuousClock.now < deadline, !waiters.isClosed, !Task.isCancelled {
            let ended = try await waiters.wait(for: id, until: deadline) { () async throws(OutpostError) in
                record = try await self.record(id, namespace)
                return !record.job.status.isTerminal
            }
            if let ended {
                try await room(ended.result?.outputBytes ?? 0)
                return ended
            }
            record = try await self.record(id, namespace)
        }
        return try await context.results.job(record, room: room)
    }

    /// Returns one page of a namespace's jobs, without results, and the number of jobs on all pages.
    ///
    /// - Throws: the store's error.
    public func jobs(_ query: JobPageQuery) async throws(OutpostError) -> (jobs: [Job], total: Int) {
        let (records, total) = try await context.store.jobs(query)
        return (records.map(\.job), total)
    }

    /// Returns counts of all jobs.
    ///
    /// - Throws: the store's error.
    public func census() async throws(OutpostError) -> JobCensus { try await context.store.census() }

    /// Returns the limit and the use of a namespace's quotas for queued jobs, running jobs and stored results.
    ///
    /// - Throws: the store's error.
    public func standings(of namespace: NamespaceName) async throws(OutpostError) -> [QuotaStanding] {
        let configuration = context.configuration
        return [
            QuotaStanding(.queuedJobs, limit: configuration.maxQueued, used: try await count(.queued, namespace)),
            QuotaStanding(.runningJobs, limit: configuration.maxRunning, used: try await count(.running, namespace)),
            try await context.results.quota.standing(of: namespace),
        ]
    }

    private func count(_ status: JobStatus, _ namespace: NamespaceName) async throws(OutpostError) -> Int {
        try await context.store.jobs(JobPageQuery(namespace: namespace, status: status, limit: 1)).total
    }
}
