// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
public import Logging
public import OutpostCallbacks
public import OutpostCore
public import OutpostStore

/// The job queue. It accepts jobs, runs them in turn, and stores their results.
public struct JobService: Sendable {
    let metrics: JobMetrics
    let context: JobContext
    let workers: JobWorkers
    let callbacks: JobCallbacks
    let waiters = JobWaiters()
    let ids: JobIDSequence
    let callbackPolicy: CallbackPolicy

    /// Deletes the results that no job needs, and returns the jobs of an earlier server to the queue.
    ///
    /// - Parameters:
    ///   - name: a name that differs between the servers that use the store.
    ///   - callbackPolicy: the destinations that callbacks may have.
    ///   - words: makes the texts for clients.
    ///   - factory: makes the metrics; it should know `JobMetrics.families`.
    /// - Throws: the stores' errors.
    public init(
        _ configuration: JobConfiguration, store: any JobStore, results: any JobResultStore, runner: any JobRunner,
        name: String, callbackPolicy: CallbackPolicy, sender: CallbackSender,
        words: JobWords, clock: @escaping WallClock, logger: Logger,
        metrics factory: any MetricsFactory = NOOPMetricsHandler.instance
    ) async throws(OutpostError) {
        metrics = JobMetrics(factory)
        let quota = ResultQuota(policy: configuration.quotas, store: store, free: { await runner.freeBytes() })
        context = JobContext(
            configuration: configuration, store: store,
            results: JobResults(
                store: results, largeBytes: configuration.largeResultBytes, quota: quota, runner: runner,
                logger: logger),
            runner: runner, metrics: metrics, clock: clock, words: words, logger: logger)
        ids = JobIDSequence(after: try await store.lastID(), clock: clock)
        self.callbackPolicy = callbackPolicy
        let callbacks = JobCallbacks(context) { await sender.send($0) }
        self.callbacks = callbacks
        workers = JobWorkers(context, name: name) { [waiters, metrics, tasks = context.tasks] change in
            switch change {
            case .started(let id): waiters.changed(id)
            case .ended(let job, let hasCallback):
                // Counted first, so a client that learns of the end finds it in the metrics.
                metrics.countEnd(job.status)
                waiters.ended(job)
                if hasCallback { tasks.run { await callbacks.wake() } }
            }
        }
        try await removeOrphans()
        try await expireLeases()
    }

    /// Removes the result files that no ended job refers to.
    private func removeOrphans() async throws(OutpostError) {
        let sizes = try await context.results.store.all()
        guard !sizes.isEmpty else { return }
        let known = try await context.store.recordResultSizes(sizes)
        try await context.results.store.remove(sizes.keys.filter { !known.contains($0) })
    }

    /// Cancels a queued or running job, and returns when it has ended. Does not change a job that has ended.
    ///
    /// - Parameter room: makes room for the result in memory.
    /// - Throws: `not_found` when the namespace has no such job; the errors of `room`.
    public func cancel(
        _ id: JobID, in namespace: NamespaceName, room: OutputRoom = { _ in }
    ) async throws(OutpostError) -> Job {
        guard let (record, hasEnded) = try await context.store.cancel(id, in: namespace, at: context.moment) else {
            throw Self.missing(id)
        }
        if hasEnded {
            metrics.countEnd(.cancelled)
            waiters.changed(id)
            context.tasks.run { [callbacks] in await callbacks.wake() }
            // Another job of its concurrency key may be claimable now.
            context.tasks.run { [workers] in await workers.wake() }
        }
        guard record.job.status == .running else { return try await context.results.job(record, room: room) }
        await workers.cancel(id)
        // A worker that has claimed the job a moment ago does not know it yet. Its next step finds the cancellation.
        return try await job(id, in: namespace, waitSeconds: Self.patienceWithCancelled, room: room)
    }

    private static let patienceWithCancelled = 60

    /// Returns the secret that signs the callbacks of a namespace. Makes one when there is none.
    ///
    /// - Parameter replaces: whether to replace an existing secret.
    /// - Throws: the store's error.
    public func callbackSecret(
        of namespace: NamespaceName, replaces: Bool
    ) async throws(OutpostError) -> String {
        try await context.store.callbackSecret(
            of: namespace, fresh: CallbackSignature.newSecret(), replaces: replaces)
    }
}
