// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The operator's settings for jobs.
public struct JobConfiguration: Sendable {
    /// The most jobs that run at one time, over all namespaces; 0 for a server that only accepts jobs.
    public var workers: Int
    /// The most jobs of one namespace that run at one time.
    public var maxRunning: Int
    /// The most jobs of one namespace that wait in the queue.
    public var maxQueued: Int
    /// Seconds from a job's end to its deletion.
    public var retentionSeconds: Int64
    /// Seconds after which a worker loses a job whose lease it does not renew.
    public var leaseSeconds: Int
    /// The storage quotas of the namespaces.
    public var quotas: QuotaPolicy
    /// The least bytes of a result that is stored in a file.
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

/// Makes texts for clients in the format of the API. The server provides it, because the queue does not know the format.
public struct JobWords: Sendable {
    /// Returns the body of the callback for a job that has ended.
    public var callbackBody: @Sendable (Job) -> [UInt8]
    /// Returns the message that a job's owner reads about an error.
    public var message: @Sendable (OutpostError) -> String

    public init(
        callbackBody: @escaping @Sendable (Job) -> [UInt8], message: @escaping @Sendable (OutpostError) -> String
    ) {
        self.callbackBody = callbackBody
        self.message = message
    }
}
