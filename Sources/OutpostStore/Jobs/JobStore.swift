// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The jobs of every namespace. A write that has returned survives a crash and a power loss.
///
/// A job that waits is claimed by a worker, which holds it by a lease: for a time, under a number that grows with every claim
/// of the job. Whoever comes with an older number is refused, so one outcome counts, whatever races. Time is told by the
/// store's own clock, which no step of the wall clock moves.
public protocol JobStore: Sendable {
    /// Adds all of `jobs`, or none; and with them the answer to the call that hands them in, so that a call which is
    /// repeated by its key after a crash hands in nothing new. A worker that has room claims at once, which spares a wait
    /// for the disk.
    ///
    /// - Returns: what `claim` gets, of these jobs or of others.
    /// - Throws: `rate_limited` when a namespace would have more jobs that wait than `limits` say, `insufficient_storage` when
    ///   it would store more; `conflict` when an id is taken.
    func insert(
        _ jobs: [NewJob], within limits: JobLimits, answering answer: KeyedAnswer?, claiming claim: JobClaim?
    ) async throws(OutpostError) -> [ClaimedJob]

    /// Gives waiting jobs to a worker: round robin between the namespaces, and of each the one with the highest priority, of
    /// several the oldest. Of the jobs of one concurrency key only one is given out until it has ended or waits again.
    func claim(_ claim: JobClaim) async throws(OutpostError) -> [ClaimedJob]

    /// Says that the program is about to start, which counts as an attempt.
    ///
    /// - Returns: false when the program must not start: the lease is lost, or the job is to be cancelled.
    func begin(_ lease: JobLease, at now: Timestamp) async throws(OutpostError) -> Bool

    /// Ends the job, and frees its concurrency key. Its callback, if it has one, is due at once.
    ///
    /// - Returns: false when the lease is lost: the outcome is that of another then.
    @discardableResult
    func finish(_ lease: JobLease, with outcome: JobOutcome) async throws(OutpostError) -> Bool

    /// Has the job wait again, at its old place; one that is to be cancelled is cancelled instead.
    ///
    /// - Parameter isCounted: whether an attempt that had begun counts.
    /// - Returns: what it is now; nil when the lease is lost.
    @discardableResult
    func requeue(_ lease: JobLease, isCounted: Bool, at now: JobMoment) async throws(OutpostError) -> JobStatus?

    /// Holds all of `leases` for `milliseconds` from now.
    ///
    /// - Returns: those that are lost.
    func renew(_ leases: [JobLease], milliseconds: Int64) async throws(OutpostError) -> [JobLease]

    /// Takes the jobs whose leases have run out from their workers: one whose program had not started waits again, one that
    /// has attempts left too, one that is to be cancelled is cancelled, and any other has failed with `error`.
    ///
    /// - Returns: those that have ended by it, and how.
    func expireLeases(failingWith error: JobError, at now: JobMoment) async throws(OutpostError) -> [JobID: JobStatus]

    /// Cancels a job that waits; has `begin` and `requeue` refuse one that is held.
    ///
    /// - Returns: the job as it is now, and whether this call has ended it; nil when the namespace has no such job.
    func cancel(
        _ id: JobID, in namespace: NamespaceName, at now: JobMoment
    ) async throws(OutpostError) -> (record: JobRecord, hasEnded: Bool)?

    /// A job of the namespace, or nil.
    func job(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) -> JobRecord?

    /// One page of the namespace's jobs, in the order of submission or its reverse, and how many there are on all pages.
    /// Without their results.
    func jobs(_ query: JobPageQuery) async throws(OutpostError) -> (jobs: [JobRecord], total: Int)

    /// How many jobs there are, and since when the oldest waits.
    func census() async throws(OutpostError) -> JobCensus

    /// The largest id that was ever given to a job here, or nil.
    func lastID() async throws(OutpostError) -> JobID?

    /// Forgets at most `limit` jobs that have expired at `now`.
    ///
    /// - Returns: those whose results are kept outside the store.
    func sweep(at now: Timestamp, limit: Int) async throws(OutpostError) -> JobSweep

    /// Says which results are there outside of the store, and how many bytes each takes.
    ///
    /// - Returns: those of jobs that have such a result.
    func recordResultSizes(_ results: [JobID: Int]) async throws(OutpostError) -> Set<JobID>

    /// Bytes that the jobs of a namespace take with their requests and results, as `JobStorage` counts them.
    func storedBytes(of namespace: NamespaceName) async throws(OutpostError) -> Int

    // MARK: - Callbacks

    /// Gives out callbacks that are due, which are then due again after a while: whoever has taken one may die.
    func claimCallbacks(_ claim: CallbackClaim, at now: Timestamp) async throws(OutpostError) -> [DueCallback]

    /// Has the callback of `id` try again at `next`, or never again for nil.
    func rescheduleCallback(_ id: JobID, at next: Timestamp?) async throws(OutpostError)

    /// When the next callback is due, or nil.
    func nextCallback() async throws(OutpostError) -> Timestamp?

    /// What the namespace's callbacks are signed with; `fresh` is kept and given when there is none, or when it
    /// `replaces` what there is.
    func callbackSecret(
        of namespace: NamespaceName, fresh: String, replaces: Bool
    ) async throws(OutpostError) -> String
}
