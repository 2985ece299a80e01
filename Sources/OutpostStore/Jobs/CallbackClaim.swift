// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A sender's request for due callbacks.
public struct CallbackClaim: Hashable, Sendable {
    /// The most callbacks that it gets.
    public var limit: Int
    /// The most callbacks of one namespace, with those in `sending`. A namespace with slow receivers does not delay
    /// others.
    public var namespaceLimit: Int
    /// The number of callbacks that the sender is sending now.
    public var sending: [NamespaceName: Int]
    /// The time after which a claimed callback is due again.
    public var holdMilliseconds: Int64

    public init(
        limit: Int, namespaceLimit: Int = .max, sending: [NamespaceName: Int] = [:], holdMilliseconds: Int64
    ) {
        self.limit = limit
        self.namespaceLimit = namespaceLimit
        self.sending = sending
        self.holdMilliseconds = holdMilliseconds
    }
}

/// A callback that is due.
public struct DueCallback: Hashable, Sendable {
    public let job: JobID
    public let namespace: NamespaceName
    public let url: String
    /// The number of this attempt, from 1.
    public let attempt: Int
    /// When the job ended.
    public let since: Timestamp

    public init(job: JobID, namespace: NamespaceName, url: String, attempt: Int, since: Timestamp) {
        self.job = job
        self.namespace = namespace
        self.url = url
        self.attempt = attempt
        self.since = since
    }
}
