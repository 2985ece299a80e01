// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A number that is finite and not below a minimum.
public struct NumberRule: Sendable {
    /// The lower bound.
    public let minimum: Double
    /// Whether the minimum itself is allowed.
    public let isMinimumIncluded: Bool

    public init(minimum: Double, isMinimumIncluded: Bool) {
        self.minimum = minimum
        self.isMinimumIncluded = isMinimumIncluded
    }
}

/// An array of values with one schema.
public struct ArrayRule: Sendable {
    /// The schema of each element.
    public let items: Schema
    /// The allowed numbers of elements.
    public let count: ClosedRange<Int>
    /// The schema of the first element in place of `items`; nil when it is `items` too.
    public let first: Schema?

    public init(items: Schema, count: ClosedRange<Int>, first: Schema?) {
        self.items = items
        self.count = count
        self.first = first
    }
}

/// An object whose names the client chooses.
public struct MapRule: Sendable {
    /// The rule for each name.
    public let names: StringRule
    /// The schema of each value.
    public let values: Schema
    /// The most members.
    public let maxCount: Int

    public init(names: StringRule, values: Schema, maxCount: Int) {
        self.names = names
        self.values = values
        self.maxCount = maxCount
    }
}

/// An object with listed fields.
public struct ObjectRule: Sendable {
    /// The listed fields.
    public let fields: [Field]
    /// The rules between two fields.
    public let rules: [FieldRule]
    /// Whether other fields are allowed.
    public let isOpen: Bool
    private let positions: [String: Int]

    public init(fields: [Field], rules: [FieldRule], isOpen: Bool) {
        self.fields = fields
        self.rules = rules
        self.isOpen = isOpen
        positions = Dictionary(fields.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// Returns whether a field with this name is listed.
    public func knows(_ name: String) -> Bool { positions[name] != nil }
}

/// One field of an object.
public struct Field: Sendable {
    /// The name of the member.
    public let name: String
    /// The schema of the value.
    public let schema: Schema
    /// Whether the member must be present.
    public let isRequired: Bool

    /// Makes a field. By default it is optional.
    public init(_ name: String, _ schema: Schema, required: Bool = false) {
        self.name = name
        self.schema = schema
        isRequired = required
    }
}

/// A rule between two fields of an object.
public enum FieldRule: Sendable {
    /// Exactly one of the two is present.
    case exactlyOne(String, String)
    /// The two are not present together.
    case atMostOne(String, String)
    /// The first is present only together with the second.
    case needs(String, String)
    /// When the first field has the first value, the other field is absent or has the second value.
    case fixes(String, JSONValue, String, JSONValue)

    /// Returns the field to blame and the problem when `object` breaks the rule; else nil.
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
