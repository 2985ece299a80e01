// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

/// What came of a bad request.
struct Refusal: Equatable, CustomStringConvertible {
    let code: ErrorCode
    let field: String
    let problem: String

    var description: String { "\(code.rawValue) \(field): \(problem)" }
}

/// The refusal of `body`, of which there must be exactly one.
func refusal<Body: JSONBody>(
    of body: String, as kind: Body.Type, sourceLocation: SourceLocation = #_sourceLocation
) -> Refusal? {
    let error = #expect(throws: OutpostError.self, "\(body)", sourceLocation: sourceLocation) {
        try Body(request: Array(body.utf8))
    }
    guard let error, let detail = error.fields.first else { return nil }
    #expect(error.fields.count == 1, "\(error.fields)", sourceLocation: sourceLocation)
    #expect(error.message == "\(detail.field) \(detail.problem)", sourceLocation: sourceLocation)
    return Refusal(code: error.code, field: detail.field, problem: detail.problem)
}

/// A request as a test writes it: a base that is well-formed, with one member replaced or added.
func body(_ base: String, _ name: String, _ value: String) throws -> String {
    let value = try JSONValue(parsing: Array(value.utf8))
    var object = try #require(try JSONValue(parsing: Array(base.utf8)).objectValue)
    object[name] = value
    return String(decoding: JSONValue.object(object).bytes, as: UTF8.self)
}

extension String {
    /// This text `count` times, as a JSON string.
    func repeated(_ count: Int) -> String { "\"" + String(repeating: self, count: count) + "\"" }
}
