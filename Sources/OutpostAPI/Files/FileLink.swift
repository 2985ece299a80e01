// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A URL that allows one method on one file without a token.
public struct FileLink: Hashable, Sendable {
    /// What a URL allows.
    public enum Method: String, Sendable, CaseIterable {
        /// Reads the file, also with `HEAD`.
        case get = "GET"
        /// Replaces the file.
        case put = "PUT"
    }

    /// The longest time of a URL: a week.
    public static let longestSeconds = 604_800
    /// The time of a URL when the request names none.
    public static let usualSeconds = 3600

    public var url: String
    public var method: Method
    public var expiresAt: Timestamp

    /// Makes a link.
    public init(url: String, method: Method, expiresAt: Timestamp) {
        self.url = url
        self.method = method
        self.expiresAt = expiresAt
    }
}

extension FileLink: JSONBody {
    public static let schema = Schema.object(
        "A signed URL for one file.",
        [
            Field(
                "url", .string("The URL. It needs no token. It ends with the sandbox and with the token that made it."),
                required: true),
            Field("method", .enumeration("What the URL allows.", Method.self), required: true),
            Field("expires_at", .timestamp("When the URL stops to work."), required: true),
        ], isOpen: true
    ).named("FileLink")

    public var json: JSONValue {
        ["url": .string(url), "method": .string(method.rawValue), "expires_at": .string(expiresAt.rfc3339)]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            url: try object.required("url", \.stringValue),
            method: try object.required("method", { $0.oneOf(Method.self) }),
            expiresAt: try object.required("expires_at", \.timestampValue))
    }
}
