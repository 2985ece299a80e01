// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A resource of which a namespace may hold a limited amount. The raw values are the names in the configuration, in
/// answers and in `GET /auth/v1/quotas`.
public enum Quota: String, Sendable, CaseIterable {
    /// Runs in progress. Runs of jobs count as `runningJobs` instead.
    case concurrentRuns = "max_concurrent_runs"
    /// Runs that wait for their turn in a stateful sandbox.
    case waitingRuns = "max_waiting_runs"
    /// Existing sandboxes, ephemeral and stateful.
    case sandboxes = "max_sandboxes"
    /// Snapshots of sandboxes.
    case snapshots = "max_snapshots"
    /// Stateful sandboxes that are running.
    case liveSandboxes = "max_live_sandboxes"
    /// MiB of the host's disk: the whole size of a mounted disk, and the used bytes of one that is not mounted.
    case disk = "disk_mb"
    /// Kinds of sandboxes in the warm pool.
    case pooledKinds = "pool_kinds"
    /// Sandboxes in the warm pool, ready or in the making.
    case pooledSandboxes = "pool_sandboxes"
    /// Connections whose last call was made with a token of the namespace.
    case connections = "max_connections"
    /// Calls in progress that stream the output of a run, a job or a process, or files of a sandbox, and connections with a
    /// process.
    case streams = "max_streams"
    /// MiB of request bodies in the server's memory.
    case bodies = "body_mb"
    /// MiB of output in the server's memory: what runs in progress may keep, and answers that their clients have not
    /// taken.
    case output = "output_mb"
    /// Processes that live with their sandboxes and run, with the kernels.
    case liveProcesses = "max_live_processes"
    /// MiB of ended processes in the server's memory. A new one replaces the oldest ones.
    case keptProcesses = "kept_processes_mb"
    /// Stored records of calls with an idempotency key.
    case idempotencyRecords = "max_idempotency_records"
    /// MiB of the answers in these records.
    case storedAnswers = "stored_answers_mb"
    /// Jobs in the queue.
    case queuedJobs = "max_queued_jobs"
    /// Running jobs.
    case runningJobs = "max_running_jobs"
    /// MiB of jobs and their results.
    case storedResults = "stored_results_mb"
    /// MiB of compiled programs in the cache. A new program replaces the least recently used ones.
    case compiledPrograms = "compile_cache_mb"
    /// MiB of ended runs in the server's memory. A new one replaces the oldest ones.
    case keptExecutions = "kept_executions_mb"

    /// The quotas that the operator can set for each namespace. The quotas of jobs are in the section `jobs`, and are the
    /// same for all namespaces.
    public static let configurable: [Quota] = allCases.filter { $0 != .queuedJobs && $0 != .runningJobs }

    /// The factor from the number in the configuration to the number that the code counts: memory is counted in bytes.
    public var unit: Int { self == .bodies || self == .output ? 1 << 20 : 1 }

    /// Whether it is a quota of disk space. A call above it gets `insufficient_storage`.
    public var isStorage: Bool { self == .disk || self == .storedAnswers || self == .storedResults }
}
