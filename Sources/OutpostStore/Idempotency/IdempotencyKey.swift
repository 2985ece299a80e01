// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What makes two requests the same one: who sent it, where to, and the key they gave.
public struct IdempotencyKey: Hashable, Sendable {
    /// Of the caller's token, so that two callers' keys never meet, also when the second has the name of the first.
    public let credential: CredentialID
    /// Whose quota the record counts for; nil for calls that are about no namespace.
    public let namespace: NamespaceName?
    public let method: String
    public let path: String
    /// What the caller calls the request, to send it again.
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

/// An answer that was given, to be given again.
public struct RecordedAnswer: Hashable, Sendable {
    /// What the server says about the body, in its own words. Nothing but the server reads it.
    public let head: String
    public let body: [UInt8]

    public init(head: String, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// How much of the past may be remembered for one namespace.
public struct IdempotencyLimits: Hashable, Sendable {
    /// Calls.
    public var records: Int?
    /// Bytes of their answers. The answer to a call that has begun is kept all the same.
    public var bytes: Int?

    public init(records: Int? = nil, bytes: Int? = nil) {
        self.records = records
        self.bytes = bytes
    }
}

/// How much of the past is remembered for one namespace.
public struct IdempotencyUsage: Hashable, Sendable {
    /// Calls.
    public var records: Int
    /// Bytes of their answers.
    public var bytes: Int

    public init(records: Int = 0, bytes: Int = 0) {
        self.records = records
        self.bytes = bytes
    }
}

/// What to do with a request that carries a key.
public enum IdempotencyClaim: Hashable, Sendable {
    /// Nobody has sent it before: serve it, then `finish` or `abandon` it.
    case new
    /// The first one is still being served.
    case inProgress
    /// The first one was served; this was the answer.
    case replay(RecordedAnswer)
    /// The key was given with another body.
    case mismatch
    /// Nobody has sent it before, and as much is remembered for its namespace as may be.
    case full(IdempotencyUsage)
}

/// The answer to the call of a key.
public struct KeyedAnswer: Hashable, Sendable {
    public let key: IdempotencyKey
    public let answer: RecordedAnswer

    public init(key: IdempotencyKey, answer: RecordedAnswer) {
        self.key = key
        self.answer = answer
    }
}
