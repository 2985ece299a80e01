// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What travels as a JSON body: its schema, and the way there and back. Encoder and decoder stand side by side, and both
/// sides of the wire use them.
public protocol JSONBody: Sendable {
    /// What the body must be.
    static var schema: Schema { get }

    /// The body as JSON.
    var json: JSONValue { get }

    /// The value of a body that satisfies the schema.
    ///
    /// - Throws: `invalid_request` that names a field which cannot be read.
    init(validated object: JSONObject) throws(OutpostError)
}

extension JSONBody {
    /// The value of a client's request.
    ///
    /// - Throws: `invalid_request` with every field that breaks the schema; `unprocessable` with every field that asks
    ///   for what this version does not do.
    public init(request bytes: [UInt8]) throws(OutpostError) {
        try self.init(request: try parsedRequest(bytes))
    }

    /// As `init(request:)` of bytes that were parsed already.
    public init(request value: JSONValue) throws(OutpostError) {
        let check = Self.schema.check(value)
        try refuse(check.problems, .invalidRequest)
        try refuse(check.refusals, .unprocessable)
        guard let object = value.objectValue else { throw .field(.invalidRequest, "body", "must be an object") }
        try self.init(validated: object)
    }

    /// The value of a server's reply.
    ///
    /// - Throws: `internal` that says where the reply is not as agreed.
    public init(reply bytes: [UInt8]) throws(OutpostError) {
        do {
            try self.init(reply: try JSONValue(parsing: bytes))
        } catch let error as JSONParseError {
            throw OutpostError(.internal, "the server's answer is not JSON: \(error)")
        } catch let error as OutpostError {
            throw error
        } catch {
            throw OutpostError(.internal, "the server's answer could not be read", cause: error)
        }
    }

    /// As `init(reply:)` of bytes that were parsed already.
    public init(reply value: JSONValue) throws(OutpostError) {
        let problem = Self.schema.validate(value).first
        guard problem == nil, let object = value.objectValue else {
            let place = problem.map { ": \($0.field) \($0.problem)" } ?? ""
            throw OutpostError(.internal, "the server sent an unexpected answer\(place)")
        }
        do {
            try self.init(validated: object)
        } catch {
            throw OutpostError(.internal, "the server sent an unexpected answer: \(error.fieldMessage)")
        }
    }
}

private func parsedRequest(_ bytes: [UInt8]) throws(OutpostError) -> JSONValue {
    do {
        return try JSONValue(parsing: bytes)
    } catch {
        throw .field(.invalidRequest, "body", "is not valid JSON: \(error)")
    }
}

/// Throws one error for all of `problems`, whose message names the first; nothing when there are none.
private func refuse(_ problems: [FieldProblem], _ code: ErrorCode) throws(OutpostError) {
    guard let first = problems.first else { return }
    let rest = problems.count == 1 ? "" : " (and \(problems.count - 1) more)"
    throw OutpostError(
        code, "\(first.field) \(first.problem)\(rest)", details: problems.map { ParameterProblem($0) })
}
