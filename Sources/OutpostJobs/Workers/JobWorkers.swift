// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore

/// Claims jobs as there is room for them, runs them, and holds their leases.
actor JobWorkers {
    /// What happens to jobs here.
    enum Change: Sendable {
        case started(JobID)
        case ended(Job, hasCallback: Bool)
    }

    private let context: JobContext
    private let onChange: @Sendable (Change) -> Void
    private let room: WorkerCapacity
    private var running: [JobID: (lease: JobLease, task: Task<Void, Never>, output: LiveOutput)] = [:]
    private var isClaiming = false
    private var mayBeMore = false

    /// - Parameters:
    ///   - name: names this server among those that may use the store.
    ///   - onChange: told when a job begins here, and when it has ended.
    init(_ context: JobContext, name: String, onChange: @escaping @Sendable (Change) -> Void) {
        self.context = context
        self.onChange = onChange
        room = WorkerCapacity(
            JobClaim(
                worker: name, limit: context.configuration.workers, runningLimit: context.configuration.maxRunning,
                leaseMilliseconds: context.leaseMilliseconds))
    }

    /// Output of a job that runs here.
    func output(of id: JobID) -> LiveOutput? { running[id]?.output }

    /// Keeps room for up to `most` jobs, which must be given to `start` when they are claimed, or none of them.
    ///
    /// - Returns: nil when there is no room.
    nonisolated func reserve(_ most: Int) -> JobClaim? { room.reserve(most) }

    /// Jobs were taken, and those of `claim` claimed with them: starts these, and sees to the others.
    nonisolated func taken(_ count: Int, claimed: [ClaimedJob], in claim: JobClaim?) {
        let isRoom = claimed.count < count && room.recordArrival()
        guard claim != nil || isRoom else { return }
        context.tasks.run { [self] in
            if let claim { await start(claimed, in: claim) }
            if isRoom { await wake() }
        }
    }

    /// Starts what was claimed in the room that was kept for it.
    func start(_ jobs: [ClaimedJob], in claim: JobClaim) {
        room.release(claim.limit - jobs.count)
        if let last = jobs.last { room.recordTurn(of: last.job.namespace) }
        for job in jobs { start(job) }
    }

    /// There may be jobs to claim: claims as many as there is room for.
    func wake() async {
        mayBeMore = true
        guard !isClaiming else { return }
        isClaiming = true
        defer { isClaiming = false }
        while mayBeMore {
            let arrivals = room.arrivals
            guard let claim = reserve(.max) else { return }
            mayBeMore = false
            let jobs = await self.claim(claim)
            start(jobs, in: claim)
            if jobs.count == claim.limit {
                mayBeMore = true
            } else if !isAtLimit {
                // A namespace at its limit has jobs that could not be claimed.
                room.recordEmptyQueue(since: arrivals)
            }
        }
    }

    /// Whether a namespace may have jobs that it may not run now.
    private var isAtLimit: Bool { context.configuration.maxRunning < context.configuration.workers }

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
        room.pause(until: end)
        _ = room.recordArrival()
        context.tasks.run { [self] in
            // A worker that was stopped claims nothing.
            try? await Task.sleep(until: end)
            await wake()
        }
    }

    private func start(_ claimed: ClaimedJob) {
        let output = LiveOutput()
        let run = JobRun(claimed: claimed, context: context, output: output, isStopping: { [room] in room.isStopping })
        let task = Task { await finished(claimed, await run.perform()) }
        running[claimed.lease.job] = (claimed.lease, task, output)
        onChange(.started(claimed.lease.job))
    }

    private func finished(_ claimed: ClaimedJob, _ end: JobRun.End) async {
        let id = claimed.lease.job
        // It may have been claimed here again, since its lease was lost.
        if running[id]?.lease == claimed.lease { running[id] = nil }
        room.release(1)
        var isNext = claimed.hasConcurrencyKey || !room.isQueueEmpty
        switch end {
        case .ended(let job): onChange(.ended(job, hasCallback: claimed.hasCallback))
        case .waitsAgain, .lost: isNext = true
        case .hostIsFull(let seconds): pause(seconds: seconds)
        }
        // Nobody who waits for the job waits for this.
        context.tasks.run { [self, isNext] in
            if isNext { await wake() }
            await context.runner.afterRun()
        }
    }

    /// Kills the job if it runs here, and waits until it has ended.
    func cancel(_ id: JobID) async {
        guard let run = running[id] else { return }
        run.task.cancel()
        await run.task.value
    }

    /// Shows that this worker lives. What was lost is stopped: its outcome would be refused.
    func renewLeases() async throws(OutpostError) {
        let leases = running.values.map(\.lease)
        guard !leases.isEmpty else { return }
        for lost in try await context.store.renew(leases, milliseconds: context.leaseMilliseconds)
        where running[lost.job]?.lease == lost {
            running[lost.job]?.task.cancel()
        }
    }

    /// Claims no more; what runs may go on.
    nonisolated func stopClaiming() { room.stop() }

    /// Returns when nothing runs here.
    func waitUntilIdle() async {
        for run in running.values { await run.task.value }
    }

    /// Kills what runs, which then waits again; returns when nothing runs here.
    func requeueAll() async {
        for run in running.values { run.task.cancel() }
        await waitUntilIdle()
    }
}
