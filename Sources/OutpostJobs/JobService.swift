// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
public import Logging
public import OutpostCallbacks
public import OutpostCore
public import OutpostStore

/// The queue: takes jobs, runs them when their turn comes, and keeps what came of them.
public struct JobService: Sendable {
    let metrics: JobMetrics
    let context: JobContext
    let workers: JobWorkers
    let callbacks: JobCallbacks
    let waiters = JobWaiters()
    private let ids: JobIDSequence
    private let callbackPolicy: CallbackPolicy

    /// Takes up what an earlier server left: its leases are over.
    ///
    /// - Parameters:
    ///   - name: tells this server from others that use the store.
    ///   - callbackPolicy: where callbacks may go.
    ///   - sender: sends them.
    ///   - words: what the queue itself says to clients.
    ///   - factory: makes what the queue counts with; it should know `JobMetrics.families`.
    /// - Throws: the stores' errors.
    public init(
        _ configuration: JobConfiguration, store: any JobStore, results: any JobResultStore, runner: any JobRunner,
        name: String, callbackPolicy: CallbackPolicy, sender: CallbackSender,
        words: JobWords, clock: @escaping WallClock, logger: Logger,
        metrics factory: any MetricsFactory = NOOPMetricsHandler.instance
    ) async throws(OutpostError) {
        metrics = JobMetrics(factory)
        let room = ResultQuota(policy: configuration.quotas, store: store, free: { await runner.freeBytes() })
        context = JobContext(
            configuration: configuration, store: store,
            results: JobResults(store: results, largeBytes: configuration.largeResultBytes, room: room, logger: logger),
            runner: runner, metrics: metrics, clock: clock, words: words, logger: logger)
        ids = JobIDSequence(after: try await store.lastID(), clock: clock)
        self.callbackPolicy = callbackPolicy
        let callbacks = JobCallbacks(context, sender)
        self.callbacks = callbacks
        workers = JobWorkers(context, name: name) { [waiters, metrics, tasks = context.tasks] change in
            switch change {
            case .started(let id): waiters.changed(id)
            case .ended(let job, let hasCallback):
                // Who hears of the end finds it counted.
                metrics.countEnd(job.status)
                waiters.ended(job)
                if hasCallback { tasks.run { await callbacks.wake() } }
            }
        }
        try await removeOrphans()
        try await expireLeases()
    }

    /// Results of jobs that were never ended, or are forgotten.
    private func removeOrphans() async throws(OutpostError) {
        let kept = try await context.results.store.all()
        guard !kept.isEmpty else { return }
        let known = try await context.store.recordResultSizes(kept)
        try await context.results.store.remove(kept.keys.filter { !known.contains($0) })
    }

    // MARK: - Submission

    /// Takes jobs, all or none; they survive a power loss when this returns.
    ///
    /// - Parameters:
    ///   - list: the part of the request that has the submissions, when there are several.
    ///   - answer: what to keep with the jobs, for the case that the call is repeated.
    /// - Throws: `invalid_request`, `unprocessable`, `forbidden`, `not_found` for what is asked for; `rate_limited` when
    ///   too many wait; `insufficient_storage`, also when the namespace stores as much as it may.
    public func submit(
        _ requests: [JobRequest], in namespace: NamespaceName, within list: Parameter? = nil,
        answering answer: ([Job]) -> KeyedAnswer? = { _ in nil }
    ) async throws(OutpostError) -> [Job] {
        let now = context.clock()
        var places: [JobPlacement] = []
        var documents: [[UInt8]] = []
        for (index, request) in requests.enumerated() {
            do throws(OutpostError) {
                places.append(try await place(request, namespace))
                documents.append(try request.stored())
            } catch {
                throw list.map { error.within($0[index]) } ?? error
            }
        }
        let taken = try await insert(in: namespace, answering: answer) {
            requests.indices.map { describe(requests[$0], documents[$0], places[$0], namespace, at: now) }
        }
        context.metrics.submitted.increment(by: taken.count)
        return taken
    }

    /// Another server on the same store may have given one of the ids: then all get new ones.
    private func insert(
        in namespace: NamespaceName, answering answer: ([Job]) -> KeyedAnswer?, _ make: () -> [NewJob]
    ) async throws(OutpostError) -> [Job] {
        let limits = JobLimits(
            queued: context.configuration.maxQueued, storage: await context.results.room.bound(of: namespace))
        var tries = 0
        while true {
            let jobs = make()
            let taken = jobs.map(Job.init)
            let claim = workers.reserve(jobs.count)
            do throws(OutpostError) {
                let claimed = try await context.store.insert(
                    jobs, within: limits, answering: answer(taken), claiming: claim)
                workers.taken(jobs.count, claimed: claimed, in: claim)
                return taken
            } catch {
                if let claim { await workers.start([], in: claim) }
                tries += 1
                guard error.code == .conflict, tries < Self.maxTries else { throw error }
                if let last = try await context.store.lastID() { ids.raise(above: last) }
            }
        }
    }

    private static let maxTries = 8

    private func place(_ request: JobRequest, _ namespace: NamespaceName) async throws(OutpostError) -> JobPlacement {
        if let url = request.callbackURL { try callbackPolicy.check(url) }
        return try await context.runner.place(request, in: namespace)
    }

    private func describe(
        _ request: JobRequest, _ document: [UInt8], _ place: JobPlacement, _ namespace: NamespaceName, at now: Timestamp
    ) -> NewJob {
        NewJob(
            id: ids.next(), namespace: namespace, sandboxID: place.sandboxID,
            concurrencyKey: place.takesTurns ? place.sandboxID : nil, priority: request.priority,
            maxAttempts: request.maxAttempts, callbackURL: request.callbackURL, createdAt: now,
            request: document)
    }

    // MARK: - Inspection

    static func missing(_ id: JobID) -> OutpostError { OutpostError(.notFound, "job \(id) does not exist") }

    private func record(_ id: JobID, _ namespace: NamespaceName) async throws(OutpostError) -> JobRecord {
        guard let record = try await context.store.job(id, in: namespace) else { throw Self.missing(id) }
        return record
    }

    /// A job with its result, when it has ended or the time is up.
    ///
    /// - Parameters:
    ///   - sandbox: where it must be, when the caller says so.
    ///   - waitSeconds: how long to wait for its end; 0 for not at all.
    /// - Throws: `not_found` when the namespace has no such job.
    public func job(
        _ id: JobID, in namespace: NamespaceName, sandbox: SandboxID? = nil, waitSeconds: Int = 0
    ) async throws(OutpostError) -> Job {
        var record = try await record(id, namespace)
        guard sandbox == nil || sandbox == record.job.sandboxID else { throw Self.missing(id) }
        let deadline = ContinuousClock.now + .seconds(waitSeconds)
        while !record.job.status.isTerminal, ContinuousClock.now < deadline, !waiters.isClosed, !Task.isCancelled {
            let ended = try await waiters.wait(for: id, until: deadline) { () async throws(OutpostError) in
                record = try await self.record(id, namespace)
                return !record.job.status.isTerminal
            }
            if let ended { return ended }
            record = try await self.record(id, namespace)
        }
        return try await context.results.job(record)
    }

    /// One page of a namespace's jobs, without their results, and how many there are on all pages.
    public func jobs(_ query: JobPageQuery) async throws(OutpostError) -> (jobs: [Job], total: Int) {
        let (records, total) = try await context.store.jobs(query)
        return (records.map(\.job), total)
    }

    /// How many jobs there are.
    public func census() async throws(OutpostError) -> JobCensus { try await context.store.census() }

    // MARK: - Cancellation

    /// Cancels a job, whatever it is at, and returns when it has ended. One that has ended stays as it is.
    ///
    /// - Throws: `not_found` when the namespace has no such job.
    public func cancel(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) -> Job {
        guard let (record, hasEnded) = try await context.store.cancel(id, in: namespace, at: context.moment) else {
            throw Self.missing(id)
        }
        if hasEnded {
            metrics.countEnd(.cancelled)
            waiters.changed(id)
            context.tasks.run { [callbacks] in await callbacks.wake() }
            // Another of its concurrency key may be next.
            context.tasks.run { [workers] in await workers.wake() }
        }
        guard record.job.status == .running else { return try await context.results.job(record) }
        await workers.cancel(id)
        return try await context.results.job(try await self.record(id, namespace))
    }

    // MARK: - Callbacks

    /// What the callbacks of a namespace are signed with; made when there is none.
    ///
    /// - Parameter replaces: whether to make another in any case.
    public func callbackSecret(
        of namespace: NamespaceName, replaces: Bool
    ) async throws(OutpostError) -> String {
        try await context.store.callbackSecret(
            of: namespace, fresh: CallbackSignature.newSecret(), replaces: replaces)
    }
}

extension Job {
    /// A job as it was handed in.
    fileprivate init(_ job: NewJob) {
        self.init(
            id: job.id, namespace: job.namespace, sandboxID: job.sandboxID, maxAttempts: job.maxAttempts,
            priority: job.priority, createdAt: job.createdAt)
    }
}
