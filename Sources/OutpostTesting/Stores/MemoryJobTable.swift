// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore

/// The jobs of `MemoryJobs` and their callbacks.
struct MemoryJobTable: Sendable {
    struct Entry: Sendable {
        var job: Job
        /// Jobs with one concurrency key run one after another.
        let concurrencyKey: SandboxID?
        let callbackURL: String?
        /// Grows with each claim.
        var fence: Int64 = 0
        /// Nil when no worker holds the job.
        var leaseUntil: Int64?
        /// Whether the program of this attempt has started.
        var hasBegun = false
        var isCancelling = false
        var request: [UInt8]
        var result: JobResult?
        /// As `JobStorage` counts them.
        var bytes: Int
    }

    struct Callback: Sendable {
        let namespace: NamespaceName
        let url: String
        var attempts = 0
        var isHeld = false
        let since: Timestamp
        var dueAt: Timestamp
    }

    var jobs: [JobID: Entry] = [:]
    var callbacks: [JobID: Callback] = [:]
    var secrets: [NamespaceName: String] = [:]

    // MARK: - Submission

    mutating func insert(_ new: [NewJob], within limits: JobLimits) throws(OutpostError) {
        for (namespace, new) in Dictionary(grouping: new, by: \.namespace) {
            guard count(.queued, in: namespace) + new.count <= limits.queued else {
                throw OutpostError(
                    .rateLimited, "the namespace has its \(limits.queued) queued jobs (max_queued)", retryAfter: 1)
            }
            let held = storedBytes(of: namespace)
            let adding = new.reduce(0) { $0 + JobStorage.waiting(request: $1.request.count) }
            guard limits.storage.allows(held: held, adding: adding) else {
                throw limits.storage.refusal(.storedResults, held: held, in: namespace)
            }
            for job in new { try insert(job) }
        }
    }

    private mutating func insert(_ new: NewJob) throws(OutpostError) {
        guard jobs[new.id] == nil else { throw OutpostError(.conflict, "job \(new.id) exists already") }
        jobs[new.id] = Entry(
            job: Job(
                id: new.id, namespace: new.namespace, sandboxID: new.sandboxID, maxAttempts: new.maxAttempts,
                priority: new.priority, createdAt: new.createdAt),
            concurrencyKey: new.concurrencyKey, callbackURL: new.callbackURL, request: new.request,
            bytes: JobStorage.waiting(request: new.request.count))
    }

    // MARK: - Leases

    /// The jobs that a worker may claim, the first one first: of each concurrency key at most one, and none while one is held.
    private func claimable(_ namespace: NamespaceName) -> [Entry] {
        var taken = Set(jobs.values.filter { $0.leaseUntil != nil }.compactMap(\.concurrencyKey))
        return jobs.values.filter { $0.job.status == .queued && $0.job.namespace == namespace }
            .sorted { ($1.job.priority, $0.job.id.number) < ($0.job.priority, $1.job.id.number) }
            .filter { entry in entry.concurrencyKey.map { taken.insert($0).inserted } ?? true }
    }

    private var namespaces: Set<NamespaceName> { Set(jobs.values.map(\.job.namespace)) }

    mutating func claim(_ claim: JobClaim, until: Int64) -> [ClaimedJob] {
        let last = claim.after?.rawValue ?? ""
        let waiting = namespaces.filter { !claimable($0).isEmpty }.sorted { $0.rawValue < $1.rawValue }
        let order = waiting.filter { $0.rawValue > last } + waiting.filter { $0.rawValue <= last }
        var turns = order.map { (namespace: $0, room: claim.runningLimit - count(.running, in: $0)) }
        turns.removeAll { $0.room <= 0 }
        var claimed: [ClaimedJob] = []
        while claimed.count < claim.limit, !turns.isEmpty {
            var turn = turns.removeFirst()
            guard let first = claimable(turn.namespace).first else { continue }
            claimed.append(take(first, until: until))
            turn.room -= 1
            if turn.room > 0 { turns.append(turn) }
        }
        return claimed
    }

    private mutating func take(_ first: Entry, until: Int64) -> ClaimedJob {
        var entry = first
        entry.job.status = .running
        entry.hasBegun = false
        entry.fence += 1
        entry.leaseUntil = until
        jobs[entry.job.id] = entry
        return ClaimedJob(
            lease: JobLease(job: entry.job.id, number: entry.fence), job: entry.job,
            hasConcurrencyKey: entry.concurrencyKey != nil,
            hasCallback: entry.callbackURL != nil, request: entry.request)
    }

    func isHeld(_ lease: JobLease) -> Bool {
        jobs[lease.job].map { $0.fence == lease.number && $0.job.status == .running } ?? false
    }

    mutating func begin(_ lease: JobLease, at now: Timestamp) -> Bool {
        guard isHeld(lease), var entry = jobs[lease.job], !entry.hasBegun, !entry.isCancelling else { return false }
        entry.hasBegun = true
        entry.job.attempt += 1
        entry.job.startedAt = now
        jobs[lease.job] = entry
        return true
    }

    mutating func end(_ id: JobID, _ outcome: JobOutcome) {
        guard var entry = jobs[id] else { return }
        entry.job.status = outcome.status.isTerminal ? outcome.status : .failed
        entry.job.completedAt = outcome.moment.now
        entry.job.expiresAt = outcome.moment.expiresAt
        entry.job.error = outcome.error
        entry.result = outcome.result
        entry.leaseUntil = nil
        entry.request = []
        let size =
            switch outcome.result {
            case nil: 0
            case .inline(let bytes): bytes.count
            case .external: outcome.externalBytes
            }
        entry.bytes = JobStorage.ended(result: size)
        jobs[id] = entry
        guard let url = entry.callbackURL, callbacks[id] == nil else { return }
        let now = outcome.moment.now
        callbacks[id] = Callback(namespace: entry.job.namespace, url: url, since: now, dueAt: now)
    }

    mutating func requeue(_ id: JobID, isCounted: Bool, at now: JobMoment) -> JobStatus? {
        guard var entry = jobs[id] else { return nil }
        guard !entry.isCancelling else {
            end(id, JobOutcome(status: .cancelled, moment: now))
            return .cancelled
        }
        if entry.hasBegun, !isCounted { entry.job.attempt -= 1 }
        entry.job.status = .queued
        entry.leaseUntil = nil
        jobs[id] = entry
        return .queued
    }

    mutating func expireLeases(until moment: Int64, _ error: JobError, at now: JobMoment) -> [JobID: JobStatus] {
        var ended: [JobID: JobStatus] = [:]
        for (id, entry) in jobs where (entry.leaseUntil ?? .max) <= moment {
            if entry.hasBegun, entry.job.attempt >= entry.job.maxAttempts, !entry.isCancelling {
                end(id, JobOutcome(status: .failed, error: error, moment: now))
                ended[id] = .failed
            } else if let status = requeue(id, isCounted: true, at: now), status.isTerminal {
                ended[id] = status
            }
        }
        return ended
    }

    mutating func cancel(
        _ id: JobID, in namespace: NamespaceName, at now: JobMoment
    ) -> (record: JobRecord, hasEnded: Bool)? {
        guard let entry = jobs[id], entry.job.namespace == namespace else { return nil }
        let isWaiting = entry.job.status == .queued
        if isWaiting {
            end(id, JobOutcome(status: .cancelled, moment: now))
        } else if entry.job.status == .running {
            jobs[id]?.isCancelling = true
        }
        return jobs[id].map { (JobRecord(job: $0.job, result: $0.result), isWaiting) }
    }

    mutating func releaseAll() {
        for (id, entry) in jobs where entry.leaseUntil != nil { jobs[id]?.leaseUntil = .min }
        for (id, callback) in callbacks where callback.isHeld {
            callbacks[id]?.isHeld = false
            callbacks[id]?.dueAt = callback.since
        }
    }

    // MARK: - Lists

    private func count(_ status: JobStatus, in namespace: NamespaceName) -> Int {
        jobs.values.count { $0.job.status == status && $0.job.namespace == namespace }
    }

    func storedBytes(of namespace: NamespaceName) -> Int {
        jobs.values.reduce(0) { $0 + ($1.job.namespace == namespace ? $1.bytes : 0) }
    }

    func page(_ query: JobPageQuery) -> (jobs: [JobRecord], total: Int) {
        let found = jobs.values.map(\.job)
            .filter { $0.namespace == query.namespace && (query.status == nil || query.status == $0.status) }
            .sorted { query.isDescending ? $0.id.number > $1.id.number : $0.id.number < $1.id.number }
        return (found.dropFirst(query.offset).prefix(query.limit).map { JobRecord(job: $0) }, found.count)
    }

    var census: JobCensus {
        JobCensus(
            counts: jobs.values.reduce(into: [:]) { $0[$1.job.status, default: 0] += 1 },
            oldestQueued: namespaces.flatMap(claimable).map(\.job.createdAt).min(),
            storedBytes: jobs.values.reduce(0) { $0 + $1.bytes })
    }

    mutating func sweep(at now: Timestamp, limit: Int) -> JobSweep {
        let expired = jobs.values.filter { ($0.job.expiresAt ?? .distantFuture) <= now }
            .sorted { ($0.job.expiresAt ?? now, $0.job.id.number) < ($1.job.expiresAt ?? now, $1.job.id.number) }
            .prefix(limit)
        for entry in expired {
            jobs[entry.job.id] = nil
            callbacks[entry.job.id] = nil
        }
        return JobSweep(
            deletedJobs: expired.count,
            externalResults: expired.compactMap { entry in
                if case .external(let id) = entry.result { id } else { nil }
            })
    }

    // MARK: - Callbacks

    /// Milliseconds. No callback is put off for longer, so one that is due later was put down before the clock was set back.
    private static let longestDelay: Int64 = 2 * 3_600_000

    mutating func claimCallbacks(_ claim: CallbackClaim, at now: Timestamp) -> [DueCallback] {
        let latest = Timestamp(milliseconds: now.milliseconds + Self.longestDelay)
        let due = callbacks.filter { $0.value.dueAt <= now || $0.value.dueAt > latest }
            .sorted { ($0.value.dueAt, $0.key.number) < ($1.value.dueAt, $1.key.number) }
        var sending = claim.sending
        var taken: [DueCallback] = []
        for (id, callback) in due where taken.count < claim.limit {
            guard sending[callback.namespace, default: 0] < claim.namespaceLimit else { continue }
            sending[callback.namespace, default: 0] += 1
            var held = callback
            held.attempts += 1
            held.isHeld = true
            held.dueAt = Timestamp(milliseconds: now.milliseconds + claim.holdMilliseconds)
            callbacks[id] = held
            taken.append(
                DueCallback(
                    job: id, namespace: held.namespace, url: held.url, attempt: held.attempts, since: held.since))
        }
        return taken
    }
}
