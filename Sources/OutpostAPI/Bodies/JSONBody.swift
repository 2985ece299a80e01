// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A value that is sent as a JSON body, with its schema, encoder and decoder. Server and client use the same ones.
public protocol JSONBody: Sendable {
    /// The schema of the body.
    static var schema: Schema { get }

    /// The body as JSON.
    var json: JSONValue { get }

    /// Decodes a body that satisfies the schema.
    ///
    /// - Throws: `invalid_request` that names the field that cannot be read.
    init(validated object: JSONObject) throws(OutpostError)
}

extension JSONBody {
    /// Parses, checks and decodes a client's request.
    ///
    /// - Throws: `invalid_request` with every field that breaks the schema; `unprocessable` with every field that asks
    ///   for something this version does not support.
    public init(request bytes: [UInt8]) throws(OutpostError) {
        try self.init(request: try parsedRequest(bytes))
    }

    /// Checks and decodes a client's request that is parsed already. Throws like `init(request:)` for bytes.
    public init(request value: JSONValue) throws(OutpostError) {
        let check = Self.schema.check(value)
        try refuse(check.problems, .invalidRequest)
        try refuse(check.refusals, .unprocessable)
        guard let object = value.objectValue else { throw .field(.invalidRequest, "body", "must be an object") }
        try self.init(validated: object)
    }

    /// Parses, checks and decodes a server's reply.
    ///
    /// - Throws: `internal` that names the field that breaks the schema.
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

    /// Checks and decodes a server's reply that is parsed already. Throws like `init(reply:)` for bytes.
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

/// Throws one error with all `problems` as details. Its message names the first. Does nothing when there are none.
private func refuse(_ problems: [FieldProblem], _ code: ErrorCode) throws(OutpostError) {
    guard let first = problems.first else { return }
    let rest = problems.count == 1 ? "" : " (and \(problems.count - 1) more)"
    throw OutpostError(
        code, "\(first.field) \(first.problem)\(rest)", details: problems.map { ParameterProblem($0) })
}
