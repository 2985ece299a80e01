// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a JSON value must be: as data, so that one description checks requests and documents them.
public struct Schema: Sendable {
    /// The form of the value.
    public indirect enum Shape: Sendable {
        case string(StringRule)
        /// Both ends included; `1.0` counts as an integer.
        case integer(ClosedRange<Int64>)
        case number(NumberRule)
        case boolean
        case array(ArrayRule)
        /// An array of exactly these.
        case tuple([Schema])
        case object(ObjectRule)
        case map(MapRule)
        case anyOf([Schema])
    }

    public var shape: Shape
    /// For the reader of the API's document.
    public var doc: String
    public var isNullable = false
    /// The name under which the document holds it once for all its uses.
    public var componentName: String?
    /// What a request that leaves it out gets.
    public var defaultValue: JSONValue?
    /// Nil for what this version does; else tells the well-formed values that ask for nothing it lacks.
    public var acceptsInThisVersion: (@Sendable (JSONValue) -> Bool)?

    public init(_ shape: Shape, _ doc: String) {
        self.shape = shape
        self.doc = doc
    }
}

extension Schema {
    /// The same, held in the document as the component `name`.
    public func named(_ name: String) -> Schema {
        var schema = self
        schema.componentName = name
        return schema
    }

    /// The same, or null.
    public var orNull: Schema {
        var schema = self
        schema.isNullable = true
        return schema
    }

    /// The same, with a default that the document states.
    public func defaulting(to value: JSONValue) -> Schema {
        var schema = self
        schema.defaultValue = value
        return schema
    }

    /// The same, known to the contract and checked like any other, but refused unless `accepts` holds.
    public func notInThisVersion(unless accepts: @escaping @Sendable (JSONValue) -> Bool = { _ in false }) -> Schema {
        var schema = self
        schema.doc += " Not in this version: refused with 422."
        schema.acceptsInThisVersion = accepts
        return schema
    }
}

extension Schema {
    /// A string; see `StringRule` for the bounds.
    public static func string(
        _ doc: String, length: ClosedRange<Int> = 0...Int.max, maxBytes: Int? = nil, checks: [StringCheck] = []
    ) -> Schema {
        Schema(.string(StringRule(length: length, maxBytes: maxBytes, checks: checks)), doc)
    }

    /// One of `values`.
    public static func enumeration(_ doc: String, _ values: [String]) -> Schema {
        Schema(.string(StringRule(values: values)), doc)
    }

    /// One of the cases of `kind`.
    public static func enumeration<Value: RawRepresentable & CaseIterable>(
        _ doc: String, _ kind: Value.Type
    ) -> Schema where Value.RawValue == String {
        .enumeration(doc, kind.allCases.map(\.rawValue))
    }

    /// An integer in `range`, by default any positive one.
    public static func integer(_ doc: String, _ range: ClosedRange<Int64> = 1...Int64.max) -> Schema {
        Schema(.integer(range), doc)
    }

    /// A number above `minimum`.
    public static func number(_ doc: String, above minimum: Double) -> Schema {
        Schema(.number(NumberRule(minimum: minimum, isMinimumIncluded: false)), doc)
    }

    /// A number that is at least `minimum`.
    public static func number(_ doc: String, from minimum: Double) -> Schema {
        Schema(.number(NumberRule(minimum: minimum, isMinimumIncluded: true)), doc)
    }

    /// True or false.
    public static func boolean(_ doc: String) -> Schema { Schema(.boolean, doc) }

    /// An array of `items`; `first` when its first element must satisfy more.
    public static func array(
        _ doc: String, of items: Schema, count: ClosedRange<Int> = 0...Int.max, first: Schema? = nil
    ) -> Schema {
        Schema(.array(ArrayRule(items: items, count: count, first: first)), doc)
    }

    /// An object of `fields`; a request's object is closed, a reply's open to fields of later versions.
    public static func object(
        _ doc: String, _ fields: [Field], rules: [FieldRule] = [], isOpen: Bool = false
    ) -> Schema {
        Schema(.object(ObjectRule(fields: fields, rules: rules, isOpen: isOpen)), doc)
    }

    /// An object of any names that satisfy `names`.
    public static func map(_ doc: String, names: StringRule, values: Schema, maxCount: Int) -> Schema {
        Schema(.map(MapRule(names: names, values: values, maxCount: maxCount)), doc)
    }
}
