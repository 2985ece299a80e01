// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Reads members of an object that satisfies a schema. A member that cannot be read is an error, never a guess.
extension JSONObject {
    /// Returns the member `name`, converted by `read`.
    ///
    /// - Throws: `invalid_request` that names the member when it is absent or `read` returns nil.
    public func required<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(OutpostError) -> Value {
        guard let value = self[name].flatMap(read) else {
            throw .field(.invalidRequest, name, "is missing or malformed")
        }
        return value
    }

    /// Returns the member `name`, converted by `read`; nil when it is absent or null.
    ///
    /// - Throws: `invalid_request` that names the member when `read` returns nil.
    public func optional<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(OutpostError) -> Value? {
        guard let value = self[name], value != .null else { return nil }
        return try required(name, read)
    }

    /// Returns the elements of the array `name`, each converted by `read`; empty when the member is absent or null.
    ///
    /// - Throws: `invalid_request` that names the member when it is not an array or `read` returns nil for an element.
    public func list<Element>(
        _ name: String, _ read: (JSONValue) throws(OutpostError) -> Element?
    ) throws(OutpostError) -> [Element] {
        var elements: [Element] = []
        for value in try optional(name, \.arrayValue) ?? [] {
            guard let element = try read(value) else {
                throw .field(.invalidRequest, name, "has a malformed element")
            }
            elements.append(element)
        }
        return elements
    }
}

extension JSONValue {
    /// Returns the case of `kind` with the string as its raw value, else nil.
    public func oneOf<Value: RawRepresentable>(_ kind: Value.Type) -> Value? where Value.RawValue == String {
        stringValue.flatMap(Value.init(rawValue:))
    }

    /// Returns the string as an id of this kind, else nil.
    public func identifier<Kind>(_ kind: Kind.Type) -> Identifier<Kind>? {
        stringValue.flatMap { Identifier<Kind>($0) }
    }

    /// The string as a time of RFC 3339, else nil.
    public var timestampValue: Timestamp? { stringValue.flatMap(Timestamp.init(rfc3339:)) }
}
