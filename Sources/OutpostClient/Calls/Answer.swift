// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI

/// A server's answer: the value, whose members can be reached directly, and the JSON it came from.
@dynamicMemberLookup
public struct Answer<Body: JSONBody>: Sendable {
    public let body: Body
    /// The whole body, with fields that this version does not know.
    public let json: JSONValue
    /// The server's name for the call, which the operator finds its log by.
    public let requestID: String?

    /// A member of the body.
    public subscript<Value>(dynamicMember member: KeyPath<Body, Value>) -> Value { body[keyPath: member] }
}
