// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Something that a namespace can hold, and holds only so much of. The raw values are the names in the configuration, in
/// answers and in `GET /auth/v1/quotas`.
public enum Quota: String, Sendable, CaseIterable {
    /// Runs in progress. Those of jobs are counted as `runningJobs`.
    case concurrentRuns = "max_concurrent_runs"
    /// Runs that wait for their turn in a stateful sandbox.
    case waitingRuns = "max_waiting_runs"
    /// Sandboxes that exist, ephemeral and stateful.
    case sandboxes = "max_sandboxes"
    /// Stateful sandboxes that are up.
    case liveSandboxes = "max_live_sandboxes"
    /// MiB of the host's disk: the whole size of a disk while it is mounted, what it holds while it is not.
    case disk = "disk_mb"
    /// Kinds of sandboxes that are kept ready.
    case pooledKinds = "pool_kinds"
    /// Sandboxes that are ready or on their way to be.
    case pooledSandboxes = "pool_sandboxes"
    /// Connections whose last call was made with a token of the namespace.
    case connections = "max_connections"
    /// MiB of request bodies that the server holds.
    case bodies = "body_mb"
    /// Repeatable calls that are remembered.
    case idempotencyRecords = "max_idempotency_records"
    /// MiB of answers that are kept for these.
    case storedAnswers = "stored_answers_mb"
    /// Jobs that wait.
    case queuedJobs = "max_queued_jobs"
    /// Jobs that run.
    case runningJobs = "max_running_jobs"
    /// MiB of jobs and what came of them.
    case storedResults = "stored_results_mb"
    /// MiB of compiled programs; those that were not used for the longest time make room for new ones.
    case compiledPrograms = "compile_cache_mb"

    /// Those that the operator can set for a namespace; those of jobs are set in the section `jobs`, for all alike.
    public static let configurable: [Quota] = allCases.filter { $0 != .queuedJobs && $0 != .runningJobs }

    /// What one of it is in the numbers that are taken and given: bytes of bodies, and the thing itself for the others.
    public var unit: Int { self == .bodies ? 1 << 20 : 1 }

    /// Whether it is about the disk, so that too much of it is `insufficient_storage`.
    public var isStorage: Bool { self == .disk || self == .storedAnswers || self == .storedResults }
}
