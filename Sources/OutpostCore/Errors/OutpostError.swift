// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What went wrong, in the vocabulary of the API. A struct over an open set, so that an unknown code decodes.
public struct ErrorCode: Hashable, Sendable, RawRepresentable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let invalidRequest = ErrorCode(rawValue: "invalid_request")
    public static let unauthorized = ErrorCode(rawValue: "unauthorized")
    public static let forbidden = ErrorCode(rawValue: "forbidden")
    public static let notFound = ErrorCode(rawValue: "not_found")
    public static let methodNotAllowed = ErrorCode(rawValue: "method_not_allowed")
    public static let conflict = ErrorCode(rawValue: "conflict")
    public static let payloadTooLarge = ErrorCode(rawValue: "payload_too_large")
    public static let unsupportedMediaType = ErrorCode(rawValue: "unsupported_media_type")
    public static let unprocessable = ErrorCode(rawValue: "unprocessable")
    public static let rateLimited = ErrorCode(rawValue: "rate_limited")
    public static let `internal` = ErrorCode(rawValue: "internal")
    public static let unavailable = ErrorCode(rawValue: "unavailable")
    public static let insufficientStorage = ErrorCode(rawValue: "insufficient_storage")

    /// Every code the API documents, with its HTTP status.
    public static let documented: [(code: ErrorCode, status: Int)] = [
        (.invalidRequest, 400), (.unauthorized, 401), (.forbidden, 403), (.notFound, 404), (.methodNotAllowed, 405),
        (.conflict, 409), (.payloadTooLarge, 413), (.unsupportedMediaType, 415), (.unprocessable, 422),
        (.rateLimited, 429), (.internal, 500), (.unavailable, 503), (.insufficientStorage, 507),
    ]
}

/// One field of a request that was refused, and why.
public struct FieldProblem: Hashable, Sendable {
    /// Dotted path from the body's root, `resource_limits.memory_mb` or `env[2]`.
    public let field: String
    public let problem: String

    public init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }
}

/// The one error of the product above the system-call tier.
public struct OutpostError: Error, Sendable {
    public let code: ErrorCode
    /// Safe to show to the caller.
    public let message: String
    public let details: [FieldProblem]
    /// For the log only: may name paths, errnos and other internals.
    public let cause: (any Error)?
    /// Seconds after which the same call may succeed; sent as `Retry-After`.
    public let retryAfter: Int?

    public init(
        _ code: ErrorCode, _ message: String, details: [FieldProblem] = [], cause: (any Error)? = nil,
        retryAfter: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.cause = cause
        self.retryAfter = retryAfter
    }

    /// An error about one field, which the message names too.
    public static func field(_ code: ErrorCode, _ field: String, _ problem: String) -> OutpostError {
        OutpostError(code, "\(field) \(problem)", details: [FieldProblem(field: field, problem: problem)])
    }
}

extension OutpostError: CustomStringConvertible {
    public var description: String {
        cause.map { "\(code.rawValue): \(message) (cause: \($0))" } ?? "\(code.rawValue): \(message)"
    }
}
