// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The rules for a JSON value, as data. The same description checks requests and documents them.
public struct Schema: Sendable {
    /// The kind of value and its bounds.
    public var shape: Shape
    /// The description in the OpenAPI document.
    public var doc: String
    /// Whether null is allowed too.
    public var isNullable = false
    /// The name of the schema in the OpenAPI document; nil for a schema that is written out at each use.
    public var componentName: String?
    /// The value of a missing field, for the OpenAPI document only.
    public var defaultValue: JSONValue?
    /// Nil for a supported field. For an unsupported field, returns true for the values that ask for nothing.
    public var acceptsInThisVersion: (@Sendable (JSONValue) -> Bool)?

    /// The kinds of value.
    public indirect enum Shape: Sendable {
        case string(StringRule)
        /// An integer in the range. `1.0` counts as an integer.
        case integer(ClosedRange<Int64>)
        case number(NumberRule)
        case boolean
        case array(ArrayRule)
        /// An array with exactly one element for each schema.
        case tuple([Schema])
        case object(ObjectRule)
        case map(MapRule)
        case anyOf([Schema])
    }

    /// Makes a schema that does not allow null and has no name.
    public init(_ shape: Shape, _ doc: String) {
        self.shape = shape
        self.doc = doc
    }
}

extension Schema {
    /// Returns the schema as the component `name` of the OpenAPI document.
    public func named(_ name: String) -> Schema {
        var schema = self
        schema.componentName = name
        return schema
    }

    /// The schema, but null is allowed too.
    public var orNull: Schema {
        var schema = self
        schema.isNullable = true
        return schema
    }

    /// Returns the schema with a default in the OpenAPI document. Decoders apply the default themselves.
    public func defaulting(to value: JSONValue) -> Schema {
        var schema = self
        schema.defaultValue = value
        return schema
    }

    /// Returns the schema for a field that this version does not support. Its values are checked, and then refused with
    /// 422 unless `accepts` returns true.
    public func notInThisVersion(unless accepts: @escaping @Sendable (JSONValue) -> Bool = { _ in false }) -> Schema {
        var schema = self
        schema.doc += " Not in this version: refused with 422."
        schema.acceptsInThisVersion = accepts
        return schema
    }
}

extension Schema {
    /// Returns the schema of a string. See `StringRule` for the bounds.
    public static func string(
        _ doc: String, length: ClosedRange<Int> = 0...Int.max, maxBytes: Int? = nil, checks: [StringCheck] = []
    ) -> Schema {
        Schema(.string(StringRule(length: length, maxBytes: maxBytes, checks: checks)), doc)
    }

    /// Returns the schema of a string that is one of `values`.
    public static func enumeration(_ doc: String, _ values: [String]) -> Schema {
        Schema(.string(StringRule(values: values)), doc)
    }

    /// Returns the schema of a string that is the raw value of a case of `kind`.
    public static func enumeration<Value: RawRepresentable & CaseIterable>(
        _ doc: String, _ kind: Value.Type
    ) -> Schema where Value.RawValue == String {
        .enumeration(doc, kind.allCases.map(\.rawValue))
    }

    /// Returns the schema of an integer in `range`; by default, of any positive integer.
    public static func integer(_ doc: String, _ range: ClosedRange<Int64> = 1...Int64.max) -> Schema {
        Schema(.integer(range), doc)
    }

    /// Returns the schema of a number above `minimum`.
    public static func number(_ doc: String, above minimum: Double) -> Schema {
        Schema(.number(NumberRule(minimum: minimum, isMinimumIncluded: false)), doc)
    }

    /// Returns the schema of a number that is at least `minimum`.
    public static func number(_ doc: String, from minimum: Double) -> Schema {
        Schema(.number(NumberRule(minimum: minimum, isMinimumIncluded: true)), doc)
    }

    /// Returns the schema of a boolean.
    public static func boolean(_ doc: String) -> Schema { Schema(.boolean, doc) }

    /// Returns the schema of an array of `items`. The first element must satisfy `first` instead when it is given.
    public static func array(
        _ doc: String, of items: Schema, count: ClosedRange<Int> = 0...Int.max, first: Schema? = nil
    ) -> Schema {
        Schema(.array(ArrayRule(items: items, count: count, first: first)), doc)
    }

    /// Returns the schema of an object with `fields`. Objects in replies are open, because later versions may add
    /// fields. Objects in requests are not.
    public static func object(
        _ doc: String, _ fields: [Field], rules: [FieldRule] = [], isOpen: Bool = false
    ) -> Schema {
        Schema(.object(ObjectRule(fields: fields, rules: rules, isOpen: isOpen)), doc)
    }

    /// Returns the schema of an object with at most `maxCount` members, whose names satisfy `names`.
    public static func map(_ doc: String, names: StringRule, values: Schema, maxCount: Int) -> Schema {
        Schema(.map(MapRule(names: names, values: values, maxCount: maxCount)), doc)
    }
}
