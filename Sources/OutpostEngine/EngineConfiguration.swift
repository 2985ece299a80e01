// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What the operator decides.
public struct EngineConfiguration: Sendable {
    public var limits: LimitPolicy
    /// Runs at one time, over all namespaces; more are refused at once with 503, and before that a namespace that would leave
    /// too few for the others, with 429.
    public var maxConcurrentRuns: Int
    /// Seconds that a stateful sandbox stays up without a run before its processes and mounts are given back; its files
    /// stay.
    public var unloadAfterSeconds: Int
    /// Seconds between two looks for expired sandboxes.
    public var sweepIntervalSeconds: Int
    /// Seconds that running programs get to finish when the server is told to stop.
    public var drainSeconds: Int
    /// Seconds that sandboxes on their way out get after that, before the driver ends with what is left of them.
    public var teardownSeconds = 20
    /// Whether a client may turn the system-call filter off.
    public var allowSeccompDisabled: Bool
    /// How strongly programs have to be held in.
    public var isolation = IsolationPolicy()
    /// Sandboxes that are up before they are asked for.
    public var pool = PoolPolicy()
    /// What each namespace may hold.
    public var quotas = QuotaPolicy()
    /// Stateful sandboxes that can be up at one time, over all namespaces.
    public var maxLiveSandboxes = 4096
    /// Connections at one time, over all namespaces.
    public var maxConnections = 4096
    /// MiB of request bodies that are held at one time, over all namespaces.
    public var maxBodyMiB = 256
    /// Tests of judges of one namespace that run at one time: the host's cores.
    public var maxJudgeTests = 2
    /// Computations on large bodies at one time.
    public var maxComputations = 2
    /// Runs what it gets on a thread that may be busy for long; by default it does so itself.
    public var computing: @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() }

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
