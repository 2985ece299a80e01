// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// The schema as JSON Schema 2020-12. A named schema becomes a reference to its component.
    public var openAPI: JSONValue {
        guard let componentName else { return definition }
        let reference: JSONValue = ["$ref": .string("#/components/schemas/\(componentName)")]
        return isNullable ? ["anyOf": [reference, ["type": "null"]]] : reference
    }

    /// The schema as JSON Schema 2020-12, written out even when it is named. A component itself does not allow null;
    /// the places that use it do.
    public var definition: JSONValue {
        var object = shape.openAPI
        if isNullable && componentName == nil { object = nullable(object) }
        if !doc.isEmpty { object["description"] = .string(doc) }
        if let defaultValue { object["default"] = defaultValue }
        return .object(object)
    }

    /// The schemas directly inside this one.
    var children: [Schema] {
        switch shape {
        case .string, .integer, .number, .boolean: []
        case .array(let rule): [rule.items] + (rule.first.map { [$0] } ?? [])
        case .tuple(let schemas), .anyOf(let schemas): schemas
        case .object(let rule): rule.fields.map(\.schema)
        case .map(let rule): [rule.values]
        }
    }
}

private func nullable(_ object: JSONObject) -> JSONObject {
    guard let type = object["type"], object["enum"] == nil else {
        return JSONObject([(name: "anyOf", value: [.object(object), ["type": "null"]])])
    }
    var object = object
    object["type"] = [type, "null"]
    return object
}

extension Schema.Shape {
    fileprivate var openAPI: JSONObject {
        switch self {
        case .string(let rule): rule.openAPI
        case .integer(let range): integerSchema(range)
        case .number(let rule): numberSchema(rule)
        case .boolean: typed("boolean")
        case .array(let rule): arraySchema(rule)
        case .tuple(let schemas): tupleSchema(schemas)
        case .object(let rule): rule.openAPI
        case .map(let rule): mapSchema(rule)
        case .anyOf(let schemas): JSONObject([(name: "anyOf", value: .array(schemas.map(\.openAPI)))])
        }
    }
}

private func typed(_ type: String) -> JSONObject { JSONObject([(name: "type", value: .string(type))]) }

private func integerSchema(_ range: ClosedRange<Int64>) -> JSONObject {
    var object = typed("integer")
    object["format"] = "int64"
    if range.lowerBound != Int64.min { object["minimum"] = .integer(range.lowerBound) }
    if range.upperBound != Int64.max { object["maximum"] = .integer(range.upperBound) }
    return object
}

private func numberSchema(_ rule: NumberRule) -> JSONObject {
    var object = typed("number")
    object[rule.isMinimumIncluded ? "minimum" : "exclusiveMinimum"] = .number(rule.minimum)
    return object
}

private func arraySchema(_ rule: ArrayRule) -> JSONObject {
    var object = typed("array")
    if let first = rule.first { object["prefixItems"] = [first.openAPI] }
    object["items"] = rule.items.openAPI
    if rule.count.lowerBound > 0 { object["minItems"] = .integer(Int64(rule.count.lowerBound)) }
    if rule.count.upperBound < Int.max { object["maxItems"] = .integer(Int64(rule.count.upperBound)) }
    return object
}

private func tupleSchema(_ schemas: [Schema]) -> JSONObject {
    var object = typed("array")
    object["prefixItems"] = .array(schemas.map(\.openAPI))
    object["items"] = false
    object["minItems"] = .integer(Int64(schemas.count))
    object["maxItems"] = .integer(Int64(schemas.count))
    return object
}

private func mapSchema(_ rule: MapRule) -> JSONObject {
    var object = typed("object")
    object["propertyNames"] = .object(rule.names.openAPI)
    object["additionalProperties"] = rule.values.openAPI
    object["maxProperties"] = .integer(Int64(rule.maxCount))
    return object
}

extension StringRule {
    fileprivate var openAPI: JSONObject {
        var object = typed("string")
        if let values { object["enum"] = .array(values.map { .string($0) }) }
        if length.lowerBound > 0 { object["minLength"] = .integer(Int64(length.lowerBound)) }
        // A character is at least one byte, and so the limit of bytes limits the characters too.
        let longest = min(length.upperBound, maxBytes ?? Int.max)
        if longest < Int.max { object["maxLength"] = .integer(Int64(longest)) }
        if let format = checks.compactMap(\.format).first { object["format"] = .string(format) }
        let patterns = checks.compactMap(\.pattern).map { JSONValue.string($0) }
        if patterns.count == 1 { object["pattern"] = patterns[0] }
        if patterns.count > 1 { object["allOf"] = .array(patterns.map { ["pattern": $0] }) }
        return object
    }
}

extension ObjectRule {
    fileprivate var openAPI: JSONObject {
        var object = typed("object")
        object["properties"] = .object(JSONObject(fields.map { (name: $0.name, value: $0.schema.openAPI) }))
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { object["required"] = .array(required) }
        if !isOpen { object["additionalProperties"] = false }
        if !rules.isEmpty { object["allOf"] = .array(rules.map(\.openAPI)) }
        return object
    }
}

extension FieldRule {
    fileprivate var openAPI: JSONValue {
        switch self {
        case .exactlyOne(let first, let second):
            ["oneOf": [["required": [.string(first)]], ["required": [.string(second)]]]]
        case .atMostOne(let first, let second):
            ["not": ["required": [.string(first), .string(second)]]]
        case .needs(let dependent, let other):
            ["anyOf": [["required": [.string(other)]], ["not": ["required": [.string(dependent)]]]]]
        case .fixes(let first, let value, let other, let fixed):
            [
                "anyOf": [
                    ["properties": .object(JSONObject([(name: other, value: ["const": fixed])]))],
                    [
                        "not": [
                            "properties": .object(JSONObject([(name: first, value: ["const": value])])),
                            "required": [.string(first)],
                        ]
                    ],
                ]
            ]
        }
    }
}
