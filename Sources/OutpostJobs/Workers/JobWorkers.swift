// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore

/// The workers of this server. They claim jobs, run them, and renew their leases.
actor JobWorkers {
    /// A change of a job on this server.
    enum Change: Sendable {
        case started(JobID)
        case ended(Job, hasCallback: Bool)
    }

    private let context: JobContext
    private let onChange: @Sendable (Change) -> Void
    private let capacity: WorkerCapacity
    private var running: [JobID: (lease: JobLease, task: Task<Void, Never>, output: LiveOutput)] = [:]
    private var isClaiming = false
    /// Whether the queue may have jobs that the running `wake` has not seen.
    private var mayHaveMore = false

    /// - Parameters:
    ///   - name: the name of this server among the servers that use the store.
    ///   - onChange: called when a job starts here and when it has ended.
    init(_ context: JobContext, name: String, onChange: @escaping @Sendable (Change) -> Void) {
        self.context = context
        self.onChange = onChange
        capacity = WorkerCapacity(
            JobClaim(
                worker: name, limit: context.configuration.workers, runningLimit: context.configuration.maxRunning,
                leaseMilliseconds: context.leaseMilliseconds))
    }

    /// The output of a job that runs here; nil for another job.
    func output(of id: JobID) -> LiveOutput? { running[id]?.output }

    /// Reserves places for up to `limit` jobs. The caller must call `start` with the jobs that the claim gets, even for
    /// none.
    ///
    /// - Returns: nil when no place is free.
    nonisolated func reserve(_ limit: Int) -> JobClaim? { capacity.reserve(limit) }

    /// Starts the jobs that were claimed at a submission of `count` jobs, and claims more when places are free.
    nonisolated func submitted(_ count: Int, claimed: [ClaimedJob], in claim: JobClaim?) {
        let hasRoom = claimed.count < count && capacity.recordArrival()
        guard claim != nil || hasRoom else { return }
        context.tasks.run { [self] in
            if let claim { await start(claimed, in: claim) }
            if hasRoom { await wake() }
        }
    }

    /// Starts claimed jobs in the places that `claim` reserved, and releases the places that are left.
    func start(_ jobs: [ClaimedJob], in claim: JobClaim) {
        capacity.release(claim.limit - jobs.count)
        if let last = jobs.last { capacity.recordTurn(of: last.job.namespace) }
        for job in jobs { start(job) }
    }

    /// Claims and starts as many jobs as places are free. Call it when the queue may have claimable jobs.
    func wake() async {
        mayHaveMore = true
        guard !isClaiming else { return }
        isClaiming = true
        defer { isClaiming = false }
        while mayHaveMore {
            let arrivals = capacity.arrivals
            guard let claim = reserve(.max) else { return }
            mayHaveMore = false
            let jobs = await self.claim(claim)
            start(jobs, in: claim)
            if jobs.count == claim.limit {
                mayHaveMore = true
            } else if !canReachNamespaceLimit {
                // A namespace at its limit has jobs in the queue that the claim did not return.
                capacity.recordEmptyQueue(since: arrivals)
            }
        }
    }

    /// Whether a namespace can have jobs in the queue although places are free.
    private var canReachNamespaceLimit: Bool { context.configuration.maxRunning < context.configuration.workers }

    private func claim(_ claim: JobClaim) async -> [ClaimedJob] {
        do throws(OutpostError) {
            return try await context.store.claim(claim)
        } catch {
            context.logger.warning("jobs cannot be claimed", metadata: ["error": "\(error)"])
            pause(seconds: 1)
            return []
        }
    }

    private func pause(seconds: Int) {
        let end = ContinuousClock.now + .seconds(seconds)
        capacity.pause(until: end)
        _ = capacity.recordArrival()
        context.tasks.run { [self] in
            // A cancelled sleep wakes early. This is harmless, because the tasks are cancelled after the claiming stops.
            try? await Task.sleep(until: end)
            await wake()
        }
    }

    private func start(_ claimed: ClaimedJob) {
        let output = LiveOutput()
        let run = JobRun(
            claimed: claimed, context: context, output: output, isStopping: { [capacity] in capacity.isStopping })
        let task = Task { await finished(claimed, await run.perform()) }
        running[claimed.lease.job] = (claimed.lease, task, output)
        onChange(.started(claimed.lease.job))
    }

    private func finished(_ claimed: ClaimedJob, _ end: JobRun.End) async {
        let id = claimed.lease.job
        // This server may hold the job again with a newer lease.
        if running[id]?.lease == claimed.lease { running[id] = nil }
        capacity.release(1)
        var mayClaim = claimed.hasConcurrencyKey || !capacity.isQueueEmpty
        switch end {
        case .ended(let job): onChange(.ended(job, hasCallback: claimed.hasCallback))
        case .requeued, .lost: mayClaim = true
        case .hostIsFull(let seconds): pause(seconds: seconds)
        }
        // In a task of its own, because the callers that wait for this job need not wait for it.
        context.tasks.run { [self, mayClaim] in
            if mayClaim { await wake() }
            await context.runner.afterRun()
        }
    }

    /// Kills the job if it runs here, and waits for its end.
    func cancel(_ id: JobID) async {
        guard let run = running[id] else { return }
        run.task.cancel()
        await run.task.value
    }

    /// Renews the leases of all running jobs. Kills the jobs whose leases are lost, because the store would refuse their
    /// outcomes.
    ///
    /// - Throws: the store's error.
    func renewLeases() async throws(OutpostError) {
        let leases = running.values.map(\.lease)
        guard !leases.isEmpty else { return }
        for lost in try await context.store.renew(leases, milliseconds: context.leaseMilliseconds)
        where running[lost.job]?.lease == lost {
            running[lost.job]?.task.cancel()
        }
    }

    /// Stops claiming for good. Running jobs go on.
    nonisolated func stopClaiming() { capacity.stop() }

    /// Waits until all jobs that run here have ended.
    func waitUntilIdle() async {
        for run in running.values { await run.task.value }
    }

    /// Kills all jobs that run here and waits until they are in the queue again. Call `stopClaiming` first; without it
    /// they end as cancelled.
    func requeueAll() async {
        for run in running.values { run.task.cancel() }
        await waitUntilIdle()
    }
}
