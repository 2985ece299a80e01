// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension Schema.Shape {
    /// The shape with its article, for errors, such as "an integer".
    var article: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "a boolean"
        case .array, .tuple: "an array"
        case .object, .map: "an object"
        case .anyOf(let schemas): schemas.map(\.shape.article).joined(separator: " or ")
        }
    }
}

extension JSONValue {
    /// The kind of value with its article, for errors, such as "an integer".
    var article: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
