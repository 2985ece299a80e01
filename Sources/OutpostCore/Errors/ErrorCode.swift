// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What went wrong, in the vocabulary of the product. A struct over an open set, so that an unknown code decodes.
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
}
