// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What the operator decides about jobs.
public struct JobConfiguration: Sendable {
    /// Jobs that run at one time, over all namespaces; 0 for a server that only takes them.
    public var workers: Int
    /// Jobs of one namespace that run at one time.
    public var maxRunning: Int
    /// Jobs of one namespace that may wait.
    public var maxQueued: Int
    /// Seconds that a job's result is kept.
    public var retentionSeconds: Int64
    /// Seconds after which a job is taken from a worker that gives no sign of life.
    public var leaseSeconds: Int
    /// What namespaces may store.
    public var quotas: QuotaPolicy
    /// Bytes of a result from which on it is kept in a file of its own.
    public var largeResultBytes = 16 << 10

    public init(
        workers: Int = 8, maxRunning: Int? = nil, maxQueued: Int = 1_000_000, retentionSeconds: Int64 = 7 * 86_400,
        leaseSeconds: Int = 30, quotas: QuotaPolicy = QuotaPolicy()
    ) {
        self.quotas = quotas
        self.workers = workers
        self.maxRunning = maxRunning ?? max(1, workers)
        self.maxQueued = maxQueued
        self.retentionSeconds = retentionSeconds
        self.leaseSeconds = leaseSeconds
    }
}
