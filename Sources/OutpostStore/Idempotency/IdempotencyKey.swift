// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Identifies a request that a client may repeat. Two requests with equal keys are the same request.
public struct IdempotencyKey: Hashable, Sendable {
    /// The id of the caller's token. The keys of two tokens never collide, even if a new token has the name of a deleted
    /// one.
    public let credential: CredentialID
    /// The namespace whose quota the record counts for; nil for a call without a namespace.
    public let namespace: NamespaceName?
    public let method: String
    public let path: String
    /// The text that the client sent in `Idempotency-Key`.
    public let key: String

    public init(
        credential: CredentialID, namespace: NamespaceName? = nil, method: String, path: String, key: String
    ) {
        self.credential = credential
        self.namespace = namespace
        self.method = method
        self.path = path
        self.key = key
    }
}

/// The recorded answer to a request.
public struct RecordedAnswer: Hashable, Sendable {
    /// The status and the headers, in the server's own format. Only the server reads it.
    public let head: String
    public let body: [UInt8]

    public init(head: String, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// The limits on one namespace's idempotency records. Nil means no limit.
public struct IdempotencyLimits: Hashable, Sendable {
    /// The number of records.
    public var records: Int?
    /// Bytes of their answers. The answer to a call that has begun is stored even above this limit.
    public var bytes: Int?

    public init(records: Int? = nil, bytes: Int? = nil) {
        self.records = records
        self.bytes = bytes
    }
}

/// What one namespace's idempotency records take.
public struct IdempotencyUsage: Hashable, Sendable {
    /// The number of records.
    public var records: Int
    /// Bytes of their answers.
    public var bytes: Int

    public init(records: Int = 0, bytes: Int = 0) {
        self.records = records
        self.bytes = bytes
    }
}

/// The result of claiming an idempotency key.
public enum IdempotencyClaim: Hashable, Sendable {
    /// The key is new. The caller serves the request, then calls `finish` or `abandon`.
    case new
    /// The first request with this key is still running.
    case inProgress
    /// The first request with this key got this answer.
    case replay(RecordedAnswer)
    /// The first request with this key had another body.
    case mismatch
    /// The key is new, but its namespace has reached its limits. The key was not claimed.
    case full(IdempotencyUsage)
}

/// A key and the answer to its request.
public struct KeyedAnswer: Hashable, Sendable {
    public let key: IdempotencyKey
    public let answer: RecordedAnswer

    public init(key: IdempotencyKey, answer: RecordedAnswer) {
        self.key = key
        self.answer = answer
    }
}
