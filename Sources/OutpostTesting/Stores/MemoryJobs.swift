// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore
import Synchronization

/// Jobs in memory. A test can hold up each call, or have it fail.
public final class MemoryJobs: JobStore {
    /// Runs before a call, which it names. The call throws what it throws.
    public typealias Interception = @Sendable (_ call: String) async throws(OutpostError) -> Void

    private struct State {
        var table = MemoryJobTable()
        var intercept: Interception?
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Milliseconds on a clock that only goes forward, from any start.
    private let leaseClock: @Sendable () -> Int64
    /// Keeps the answer to a submission.
    private let keepAnswer: @Sendable (KeyedAnswer) -> Void

    /// - Parameter keepAnswer: called in the step that inserts the jobs.
    public init(
        leaseClock: @escaping @Sendable () -> Int64 = { 0 },
        keepAnswer: @escaping @Sendable (KeyedAnswer) -> Void = { _ in }
    ) {
        self.leaseClock = leaseClock
        self.keepAnswer = keepAnswer
    }

    /// Has `interception` run before each call from now on; nil for none.
    public func intercept(_ interception: Interception?) { state.withLock { $0.intercept = interception } }

    func close() { state.withLock { $0.isClosed = true } }

    /// Ends the leases and releases the callbacks, as the start of another server does.
    func restart() {
        state.withLock { state in
            state.isClosed = false
            state.table.releaseAll()
        }
    }

    /// Runs `body` on the jobs. What it has changed is undone when it throws.
    private func perform<Result: Sendable>(
        _ call: String = #function, _ body: @Sendable (inout MemoryJobTable) throws(OutpostError) -> Result
    ) async throws(OutpostError) -> Result {
        if let intercept = state.withLock({ $0.intercept }) { try await intercept(call) }
        return try state.withLock { (state) throws(OutpostError) in
            guard !state.isClosed else { throw OutpostError(.internal, "the store is closed") }
            var table = state.table
            let result = try body(&table)
            state.table = table
            return result
        }
    }

    public func insert(
        _ jobs: [NewJob], within limits: JobLimits, answering answer: KeyedAnswer?, claiming claim: JobClaim?
    ) async throws(OutpostError) -> [ClaimedJob] {
        let until = leaseClock() + (claim?.leaseMilliseconds ?? 0)
        return try await perform { [keepAnswer] (table) throws(OutpostError) in
            try table.insert(jobs, within: limits)
            if let answer { keepAnswer(answer) }
            return claim.map { table.claim($0, until: until) } ?? []
        }
    }

    public func claim(_ claim: JobClaim) async throws(OutpostError) -> [ClaimedJob] {
        let until = leaseClock() + claim.leaseMilliseconds
        return try await perform { $0.claim(claim, until: until) }
    }

    public func begin(_ lease: JobLease, at now: Timestamp) async throws(OutpostError) -> Bool {
        try await perform { $0.begin(lease, at: now) }
    }

    public func finish(_ lease: JobLease, with outcome: JobOutcome) async throws(OutpostError) -> Bool {
        try await perform { table in
            guard table.isHeld(lease) else { return false }
            table.end(lease.job, outcome)
            return true
        }
    }

    public func requeue(
        _ lease: JobLease, isCounted: Bool, at now: JobMoment
    ) async throws(OutpostError) -> JobStatus? {
        try await perform { $0.isHeld(lease) ? $0.requeue(lease.job, isCounted: isCounted, at: now) : nil }
    }

    public func renew(_ leases: [JobLease], milliseconds: Int64) async throws(OutpostError) -> [JobLease] {
        let until = leaseClock() + milliseconds
        return try await perform { table in
            leases.filter { lease in
                guard table.isHeld(lease) else { return true }
                table.jobs[lease.job]?.leaseUntil = until
                return false
            }
        }
    }

    public func expireLeases(
        failingWith error: JobError, at now: JobMoment
    ) async throws(OutpostError) -> [JobID: JobStatus] {
        let moment = leaseClock()
        return try await perform { $0.expireLeases(until: moment, error, at: now) }
    }

    public func cancel(
        _ id: JobID, in namespace: NamespaceName, at now: JobMoment
    ) async throws(OutpostError) -> (record: JobRecord, hasEnded: Bool)? {
        try await perform { $0.cancel(id, in: namespace, at: now) }
    }

    public func job(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) -> JobRecord? {
        try await perform { table in
            table.jobs[id].flatMap { $0.job.namespace == namespace ? JobRecord(job: $0.job, result: $0.result) : nil }
        }
    }

    public func jobs(_ query: JobPageQuery) async throws(OutpostError) -> (jobs: [JobRecord], total: Int) {
        try await perform { $0.page(query) }
    }

    public func census() async throws(OutpostError) -> JobCensus { try await perform { $0.census } }

    public func lastID() async throws(OutpostError) -> JobID? {
        try await perform { $0.jobs.keys.max { $0.number < $1.number } }
    }

    public func sweep(at now: Timestamp, limit: Int) async throws(OutpostError) -> JobSweep {
        try await perform { $0.sweep(at: now, limit: limit) }
    }

    public func recordResultSizes(_ results: [JobResultID: Int]) async throws(OutpostError) -> Set<JobResultID> {
        try await perform { table in
            let known = results.filter { table.jobs[$0.key.job]?.result == .external($0.key) }
            for (id, size) in known { table.jobs[id.job]?.bytes = JobStorage.ended(result: size) }
            return Set(known.keys)
        }
    }

    public func storedBytes(of namespace: NamespaceName) async throws(OutpostError) -> Int {
        try await perform { $0.storedBytes(of: namespace) }
    }

    // MARK: - Callbacks

    public func claimCallbacks(
        _ claim: CallbackClaim, at now: Timestamp
    ) async throws(OutpostError) -> [DueCallback] {
        try await perform { $0.claimCallbacks(claim, at: now) }
    }

    public func rescheduleCallback(_ id: JobID, at next: Timestamp?) async throws(OutpostError) {
        try await perform { table in
            guard let next else { return table.callbacks[id] = nil }
            table.callbacks[id]?.isHeld = false
            table.callbacks[id]?.dueAt = next
        }
    }

    public func nextCallback() async throws(OutpostError) -> Timestamp? {
        try await perform { $0.callbacks.values.map(\.dueAt).min() }
    }

    public func callbackSecret(
        of namespace: NamespaceName, fresh: String, replaces: Bool
    ) async throws(OutpostError) -> String {
        try await perform { table in
            let secret = replaces ? fresh : table.secrets[namespace] ?? fresh
            table.secrets[namespace] = secret
            return secret
        }
    }
}
