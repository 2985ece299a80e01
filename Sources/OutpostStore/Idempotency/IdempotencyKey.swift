// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What makes two requests the same one: who sent it, where to, and the key they gave.
public struct IdempotencyKey: Hashable, Sendable {
    /// The credential's kind and name, so that two callers' keys never meet.
    public let credential: String
    public let method: String
    public let path: String
    /// The request's `Idempotency-Key`.
    public let key: String

    public init(credential: String, method: String, path: String, key: String) {
        self.credential = credential
        self.method = method
        self.path = path
        self.key = key
    }
}

/// An answer that was given, to be given again.
public struct RecordedAnswer: Hashable, Sendable {
    /// HTTP status.
    public let status: Int
    public let contentType: String
    public let body: [UInt8]

    public init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
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
