// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Bounds on a number; any finite one above the minimum is taken.
public struct NumberRule: Sendable {
    public let minimum: Double
    public let isMinimumIncluded: Bool

    public init(minimum: Double, isMinimumIncluded: Bool) {
        self.minimum = minimum
        self.isMinimumIncluded = isMinimumIncluded
    }
}

/// Bounds on an array.
public struct ArrayRule: Sendable {
    public let items: Schema
    public let count: ClosedRange<Int>
    /// What the first element must be instead of `items`.
    public let first: Schema?

    public init(items: Schema, count: ClosedRange<Int>, first: Schema?) {
        self.items = items
        self.count = count
        self.first = first
    }
}

/// Bounds on an object whose names are data.
public struct MapRule: Sendable {
    public let names: StringRule
    public let values: Schema
    public let maxCount: Int

    public init(names: StringRule, values: Schema, maxCount: Int) {
        self.names = names
        self.values = values
        self.maxCount = maxCount
    }
}

/// The fields of an object.
public struct ObjectRule: Sendable {
    public let fields: [Field]
    public let rules: [FieldRule]
    /// Whether fields that are not listed are let pass.
    public let isOpen: Bool
    private let positions: [String: Int]

    public init(fields: [Field], rules: [FieldRule], isOpen: Bool) {
        self.fields = fields
        self.rules = rules
        self.isOpen = isOpen
        positions = Dictionary(fields.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// Whether a field of this name is listed.
    public func knows(_ name: String) -> Bool { positions[name] != nil }
}

/// One field of an object.
public struct Field: Sendable {
    public let name: String
    public let schema: Schema
    public let isRequired: Bool

    public init(_ name: String, _ schema: Schema, required: Bool = false) {
        self.name = name
        self.schema = schema
        isRequired = required
    }
}

/// What two fields have to do with each other.
public enum FieldRule: Sendable {
    /// One of the two is given, and only one.
    case exactlyOne(String, String)
    /// The two are not given together.
    case atMostOne(String, String)
    /// The first is given only together with the second.
    case needs(String, String)
    /// With this value of the first, the other field has that value when it is given.
    case fixes(String, JSONValue, String, JSONValue)

    /// Why `object` breaks the rule, as the field to name and the problem; nil when it does not.
    func problem(in object: JSONObject) -> (field: String, problem: String)? {
        switch self {
        case .exactlyOne(let first, let second), .atMostOne(let first, let second):
            let hasFirst = object[first] != nil
            let hasSecond = object[second] != nil
            if hasFirst && hasSecond { return (second, "must not be given together with \(first)") }
            if !hasFirst, !hasSecond, case .exactlyOne = self {
                return (first, "is required, unless \(second) is given")
            }
            return nil
        case .needs(let dependent, let other):
            guard object[dependent] != nil, object[other] == nil else { return nil }
            return (dependent, "needs \(other)")
        case .fixes(let first, let value, let other, let fixed):
            guard object[first] == value, let found = object[other], found != fixed else { return nil }
            return (first, "contradicts \(other)")
        }
    }
}
