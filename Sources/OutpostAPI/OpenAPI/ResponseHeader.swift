// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A header of an answer, with its description in the OpenAPI document.
enum ResponseHeader: String, CaseIterable {
    case requestID = "X-Request-Id"
    case rateLimit = "X-RateLimit-Limit"
    case rateRemaining = "X-RateLimit-Remaining"
    case rateReset = "X-RateLimit-Reset"
    case retryAfter = "Retry-After"
    case authenticate = "WWW-Authenticate"
    case allow = "Allow"
    case serverTiming = "Server-Timing"

    private var schema: Schema {
        switch self {
        case .requestID: .string("The request's id, `req_` and 12 hexadecimal digits.")
        case .rateLimit: .integer("Requests that the credential may make in a minute.", 0...Int64.max)
        case .rateRemaining: .integer("Requests that are left in this minute.", 0...Int64.max)
        case .rateReset: .integer("When the full number is available again, in seconds since 1970.", 0...Int64.max)
        case .retryAfter: .integer("Seconds after which the same call may succeed.", 0...Int64.max)
        case .authenticate: .string("The kinds of credential that the call takes.")
        case .allow: .string("The methods that the path has.")
        case .serverTiming: .string("The steps of the run in milliseconds, when `Outpost-Timing` asked for them.")
        }
    }

    /// The headers of every answer.
    static let ofAll: [ResponseHeader] = [.requestID, .rateLimit, .rateRemaining, .rateReset]
    static let common = references(ofAll)

    /// Returns `headers` as references to their components.
    static func references(_ headers: [ResponseHeader]) -> JSONValue {
        .object(
            JSONObject(
                headers.map { (name: $0.rawValue, value: ["$ref": .string("#/components/headers/\($0.rawValue)")]) }))
    }

    /// All headers by name.
    static var components: JSONValue {
        .object(JSONObject(allCases.map { (name: $0.rawValue, value: ["schema": $0.schema.openAPI]) }))
    }
}
