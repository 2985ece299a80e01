// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI

/// A server's answer: the decoded body and its JSON. The answer also has all members of the body.
@dynamicMemberLookup
public struct Answer<Body: JSONBody>: Sendable {
    /// The decoded body.
    public let body: Body
    /// The whole body, including fields that this version does not know.
    public let json: JSONValue
    /// The server's id of the call, as in its log; nil when the answer has none.
    public let requestID: String?

    /// Returns a member of the body.
    public subscript<Value>(dynamicMember member: KeyPath<Body, Value>) -> Value { body[keyPath: member] }
}

/// The cause of an error that came as a server's answer. Any other error arose in the client.
public struct AnsweredCall: Error, Hashable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// The server's id of the call, as in its log; nil when the answer has none.
    public let requestID: String?
}
