// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Stores the jobs of all namespaces and their queue. A write that has returned survives a crash and a power loss.
///
/// A worker claims a queued job and holds it with a lease. The lease has a duration and a number that grows with each
/// claim of the job. The store refuses a lease with an older number, so only one outcome of a job counts. Leases are
/// timed by the store's own clock, which changes of the wall clock do not move.
public protocol JobStore: Sendable {
    /// Adds all of `jobs` or none. In the same transaction it stores `answer`, so a call that is repeated with its
    /// idempotency key after a crash adds nothing new, and claims jobs for a worker, which saves one wait for the disk.
    ///
    /// - Returns: the jobs that `claim` gets, from `jobs` or from the queue.
    /// - Throws: `rate_limited` when a namespace would have more queued jobs than `limits` allows; `insufficient_storage`
    ///   when it would store more; `conflict` when the store has a job with one of the ids.
    func insert(
        _ jobs: [NewJob], within limits: JobLimits, answering answer: KeyedAnswer?, claiming claim: JobClaim?
    ) async throws(OutpostError) -> [ClaimedJob]

    /// Claims queued jobs for a worker. Namespaces take turns (round robin). Within a namespace the job with the highest
    /// priority comes first, and among equals the oldest. Of the jobs with one concurrency key only one is claimed at a
    /// time.
    func claim(_ claim: JobClaim) async throws(OutpostError) -> [ClaimedJob]

    /// Records that the program is about to start. This counts as an attempt.
    ///
    /// - Returns: false when the program must not start, because the lease is lost or the job's cancellation was
    ///   requested.
    func begin(_ lease: JobLease, at now: Timestamp) async throws(OutpostError) -> Bool

    /// Ends the job with `outcome` and releases its concurrency key. A callback is due at once. An external result must be
    /// that of `lease`.
    ///
    /// - Returns: false when the lease is lost. Then nothing was changed.
    @discardableResult
    func finish(_ lease: JobLease, with outcome: JobOutcome) async throws(OutpostError) -> Bool

    /// Returns the job to the queue, at its old position. Cancels it instead when its cancellation was requested.
    ///
    /// - Parameter isCounted: whether a started attempt counts.
    /// - Returns: the job's new status; nil when the lease is lost.
    @discardableResult
    func requeue(_ lease: JobLease, isCounted: Bool, at now: JobMoment) async throws(OutpostError) -> JobStatus?

    /// Extends all of `leases` to `milliseconds` from now.
    ///
    /// - Returns: the leases that are lost.
    func renew(_ leases: [JobLease], milliseconds: Int64) async throws(OutpostError) -> [JobLease]

    /// Ends the leases whose time is over. A job whose cancellation was requested is cancelled. A job whose program had
    /// started and that has no attempts left fails with `error`. Any other job returns to the queue.
    ///
    /// - Returns: the jobs that have ended, with their statuses.
    func expireLeases(failingWith error: JobError, at now: JobMoment) async throws(OutpostError) -> [JobID: JobStatus]

    /// Cancels a queued job. Requests the cancellation of a job that a worker holds: `begin` then refuses it, and
    /// `requeue` cancels it.
    ///
    /// - Returns: the job after the call, and whether this call ended it; nil when the namespace has no such job.
    func cancel(
        _ id: JobID, in namespace: NamespaceName, at now: JobMoment
    ) async throws(OutpostError) -> (record: JobRecord, hasEnded: Bool)?

    /// Returns a job of the namespace; nil when there is none.
    func job(_ id: JobID, in namespace: NamespaceName) async throws(OutpostError) -> JobRecord?

    /// Returns one page of the namespace's jobs in the order of submission or its reverse, without results, and the
    /// number of jobs on all pages.
    func jobs(_ query: JobPageQuery) async throws(OutpostError) -> (jobs: [JobRecord], total: Int)

    /// Returns counts of all jobs.
    func census() async throws(OutpostError) -> JobCensus

    /// Returns the largest id of the stored jobs; nil when there are none.
    func lastID() async throws(OutpostError) -> JobID?

    /// Deletes at most `limit` jobs that have expired at `now`.
    func sweep(at now: Timestamp, limit: Int) async throws(OutpostError) -> JobSweep

    /// Counts the sizes of the external results that exist, in bytes.
    ///
    /// - Returns: the results of `sizes` that are the result of an ended job. Nobody needs the others, unless the holder of
    ///   a lease is about to end its job with one of them.
    func recordResultSizes(_ sizes: [JobResultID: Int]) async throws(OutpostError) -> Set<JobResultID>

    /// Returns the bytes that a namespace's jobs, requests and results take, as `JobStorage` counts them.
    func storedBytes(of namespace: NamespaceName) async throws(OutpostError) -> Int

    // MARK: - Callbacks

    /// Claims due callbacks for a sender. They are due again after `claim.holdMilliseconds`, because the sender may die.
    func claimCallbacks(_ claim: CallbackClaim, at now: Timestamp) async throws(OutpostError) -> [DueCallback]

    /// Makes the callback of `id` due at `next`. Deletes it for nil.
    func rescheduleCallback(_ id: JobID, at next: Timestamp?) async throws(OutpostError)

    /// Returns when the next callback is due; nil when there is none.
    func nextCallback() async throws(OutpostError) -> Timestamp?

    /// Returns the secret that signs the namespace's callbacks. Stores `fresh` when there is none or `replaces` is true.
    func callbackSecret(
        of namespace: NamespaceName, fresh: String, replaces: Bool
    ) async throws(OutpostError) -> String
}
