// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Reading members of an object that a schema has let pass: what is absent is nil, and what cannot be read is an error
/// rather than a guess.
extension JSONObject {
    /// The member `name` as `read` takes it.
    ///
    /// - Throws: `invalid_request` that names the member when it is absent or `read` gives nil.
    public func required<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(OutpostError) -> Value {
        guard let value = self[name].flatMap(read) else {
            throw .field(.invalidRequest, name, "is missing or malformed")
        }
        return value
    }

    /// As `required`, but nil when the member is absent or null.
    public func optional<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(OutpostError) -> Value? {
        guard let value = self[name], value != .null else { return nil }
        return try required(name, read)
    }

    /// The elements of the array `name`, none when it is absent.
    ///
    /// - Throws: `invalid_request` that names the member when it is no array or `read` gives nil for an element.
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
    /// The case of `kind` that the string names, else nil.
    public func oneOf<Value: RawRepresentable>(_ kind: Value.Type) -> Value? where Value.RawValue == String {
        stringValue.flatMap(Value.init(rawValue:))
    }

    /// The id that the string spells, else nil.
    public func identifier<Kind>(_ kind: Kind.Type) -> Identifier<Kind>? {
        stringValue.flatMap { Identifier<Kind>($0) }
    }

    /// The moment that the string spells, else nil.
    public var timestampValue: Timestamp? { stringValue.flatMap(Timestamp.init(rfc3339:)) }
}
