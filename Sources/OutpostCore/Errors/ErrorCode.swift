// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The code of an error. It is a struct and not an enum, so a client can decode a code that it does not know.
public struct ErrorCode: Hashable, Sendable, RawRepresentable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The request is malformed, or a value is below its minimum.
    public static let invalidRequest = ErrorCode(rawValue: "invalid_request")
    /// The token is missing, unknown or expired.
    public static let unauthorized = ErrorCode(rawValue: "unauthorized")
    /// The token or the operator's policy does not allow the call.
    public static let forbidden = ErrorCode(rawValue: "forbidden")
    /// The thing that the call names does not exist in the namespace.
    public static let notFound = ErrorCode(rawValue: "not_found")
    /// The path does not have the HTTP method.
    public static let methodNotAllowed = ErrorCode(rawValue: "method_not_allowed")
    /// The state of the thing does not allow the call.
    public static let conflict = ErrorCode(rawValue: "conflict")
    /// The file is not the one that the caller expects.
    public static let preconditionFailed = ErrorCode(rawValue: "precondition_failed")
    /// The file has no byte of the wanted range.
    public static let rangeNotSatisfiable = ErrorCode(rawValue: "range_not_satisfiable")
    /// The body of the request is too large.
    public static let payloadTooLarge = ErrorCode(rawValue: "payload_too_large")
    /// The body of the request has a wrong type.
    public static let unsupportedMediaType = ErrorCode(rawValue: "unsupported_media_type")
    /// The request is well-formed, but this server cannot do it.
    public static let unprocessable = ErrorCode(rawValue: "unprocessable")
    /// A rate limit or a quota is reached.
    public static let rateLimited = ErrorCode(rawValue: "rate_limited")
    /// A fault of the server.
    public static let `internal` = ErrorCode(rawValue: "internal")
    /// The server cannot do it now. The same call may succeed later.
    public static let unavailable = ErrorCode(rawValue: "unavailable")
    /// The disk is full, or a storage quota is reached.
    public static let insufficientStorage = ErrorCode(rawValue: "insufficient_storage")
}
