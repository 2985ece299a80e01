// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The engine's part of the operator's configuration.
public struct EngineConfiguration: Sendable {
    /// The default and the maximum limits of a run.
    public var limits: LimitPolicy
    /// The maximum number of runs at one time, in all namespaces. The engine refuses more with 503. Before that, it
    /// refuses a namespace that has used up its fair share with 429.
    public var maxConcurrentRuns: Int
    /// Seconds after the last run until the server unloads a stateful sandbox: it frees the processes and mounts and
    /// keeps the files.
    public var unloadAfterSeconds: Int
    /// Seconds between two rounds of upkeep.
    public var sweepIntervalSeconds: Int
    /// Seconds that running programs have to finish when the server must stop.
    public var drainSeconds: Int
    /// Seconds after the drain that the server waits for the sandboxes to be destroyed. Then the driver shuts down.
    public var teardownSeconds = 20
    /// Whether a client may disable the seccomp filter.
    public var allowSeccompDisabled: Bool
    /// The minimum isolation of each namespace.
    public var isolation = IsolationPolicy()
    /// The sizes of the warm pools.
    public var pool = PoolPolicy()
    /// The quotas of each namespace.
    public var quotas = QuotaPolicy()
    /// The maximum number of live stateful sandboxes, in all namespaces.
    public var maxLiveSandboxes = 4096
    /// The maximum number of connections at one time, in all namespaces.
    public var maxConnections = 4096
    /// The maximum number of answers at one time that stream a run's output, in all namespaces.
    public var maxStreams = 1024
    /// The maximum number of running processes that live with their sandboxes, in all namespaces.
    public var maxLiveProcesses = 1024
    /// The maximum size of all request bodies in memory at one time, in MiB, in all namespaces.
    public var maxBodyMiB = 256
    /// The maximum size of all output in memory at one time, in MiB, in all namespaces.
    public var maxOutputMiB = 2048
    /// The maximum number of judge tests of one namespace that run at one time. It should be the number of the host's
    /// cores.
    public var maxJudgeTests = 2
    /// The maximum number of computations on large bodies at one time.
    public var maxComputations = 2
    /// The key of signed URLs. With a new key, all earlier URLs end.
    public var linkKey = [UInt8](randomBytes: EngineConfiguration.linkKeyBytes)
    /// The size of `linkKey`.
    public static let linkKeyBytes = 32
    /// Percent of the host's memory below which idle sandboxes with processes are frozen. 0 means never.
    public var lowMemoryPercent = 0
    /// Percent of the host's memory that is available; nil when unknown. It is asked in each round of upkeep.
    public var availableMemoryPercent: @Sendable () -> Int? = { nil }
    /// Runs a closure on a thread that may be busy for a long time. The default runs it on the caller's thread.
    public var computing: @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() }

    /// Creates a configuration. The other values have defaults and can be set afterwards.
    public init(
        limits: LimitPolicy, maxConcurrentRuns: Int = 256, unloadAfterSeconds: Int = 60, sweepIntervalSeconds: Int = 1,
        drainSeconds: Int = 30, allowSeccompDisabled: Bool = false
    ) {
        self.limits = limits
        self.maxConcurrentRuns = maxConcurrentRuns
        self.unloadAfterSeconds = unloadAfterSeconds
        self.sweepIntervalSeconds = sweepIntervalSeconds
        self.drainSeconds = drainSeconds
        self.allowSeccompDisabled = allowSeccompDisabled
    }
}
