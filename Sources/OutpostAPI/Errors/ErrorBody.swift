// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The body of every error answer. It leaves out the cause, which is only in the log.
public struct ErrorBody: Hashable, Sendable {
    /// The kind of error.
    public var code: ErrorCode
    /// The error in words, for people.
    public var message: String
    /// The request's id, also in the header `X-Request-Id`.
    public var requestID: String
    /// The fields that caused the error.
    public var details: [FieldProblem]

    /// Makes the body that answers the request `requestID` with `error`.
    public init(_ error: OutpostError, requestID: String) {
        code = error.code
        message = error.fieldMessage
        details = error.fields
        self.requestID = requestID
    }

    /// Returns the error that a client throws for the body.
    ///
    /// - Parameter retryAfter: seconds from the answer's `Retry-After`.
    public func error(retryAfter: Int? = nil) -> OutpostError {
        OutpostError(
            code, ErrorText(message), details: details.map { ParameterProblem($0) }, retryAfter: retryAfter)
    }
}

extension ErrorBody: JSONBody {
    public static let schema = Schema.object(
        "Why a call was refused or failed.",
        [
            Field(
                "code",
                .string("One of \(ErrorCode.documented.map(\.code.rawValue).joined(separator: ", "))."),
                required: true),
            Field("message", .string("The error in words, for people."), required: true),
            Field("request_id", .string("The operator finds the cause in the log by this id."), required: true),
            Field(
                "details",
                .array(
                    "The fields that caused the error.",
                    of: .object(
                        "",
                        [
                            Field("field", .string("`resource_limits.memory_mb` or `env[2]`."), required: true),
                            Field(
                                "problem", .string("What is wrong. The field's name comes before it."), required: true),
                        ], isOpen: true)),
                required: true),
        ], isOpen: true
    ).named("Error")

    public var json: JSONValue {
        [
            "code": .string(code.rawValue),
            "message": .string(message),
            "request_id": .string(requestID),
            "details": .array(details.map { ["field": .string($0.field), "problem": .string($0.problem)] }),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        code = ErrorCode(rawValue: try object.required("code", \.stringValue))
        message = try object.required("message", \.stringValue)
        requestID = try object.required("request_id", \.stringValue)
        details = try object.list("details") { value in
            guard let field = value["field"]?.stringValue, let problem = value["problem"]?.stringValue else {
                return nil
            }
            return FieldProblem(field: field, problem: problem)
        }
    }
}
