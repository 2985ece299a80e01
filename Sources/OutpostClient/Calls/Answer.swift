// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI

/// A server's answer: the decoded body and the JSON that it came from. The body's members are members of the answer too.
@dynamicMemberLookup
public struct Answer<Body: JSONBody>: Sendable {
    public let body: Body
    /// The whole body, with fields that this version does not know.
    public let json: JSONValue
    /// The server's id of the call. The operator finds the call in the log by it.
    public let requestID: String?

    /// A member of the body.
    public subscript<Value>(dynamicMember member: KeyPath<Body, Value>) -> Value { body[keyPath: member] }
}

/// The cause of an error that a server answered with. An error without this cause did not come from a server.
public struct AnsweredCall: Error, Hashable, Sendable {
    /// HTTP status.
    public let status: Int
    /// The server's id of the call. The operator finds the call in the log by it.
    public let requestID: String?
}
