// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The error answers in the OpenAPI document, one for each documented code.
enum ErrorResponses {
    /// The responses by code.
    static var components: JSONValue {
        .object(JSONObject(ErrorCode.documented.map { (name: $0.code.rawValue, value: response($0.code)) }))
    }

    private static func response(_ code: ErrorCode) -> JSONValue {
        let headers = ResponseHeader.ofAll + extraHeaders(code)
        return [
            "description": .string(meaning(code)),
            "headers": ResponseHeader.references(headers),
            "content": ["application/json": ["schema": ErrorBody.schema.openAPI]],
        ]
    }

    private static func extraHeaders(_ code: ErrorCode) -> [ResponseHeader] {
        switch code {
        case .unauthorized: [.authenticate]
        case .methodNotAllowed: [.allow]
        case .rateLimited, .unavailable: [.retryAfter]
        default: []
        }
    }

    private static func meaning(_ code: ErrorCode) -> String {
        switch code {
        case .invalidRequest: "The request is malformed; `details` names the fields."
        case .unauthorized: "The request has no valid credential."
        case .forbidden: "The credential has no access to this."
        case .notFound: "The object does not exist in this namespace."
        case .methodNotAllowed: "The path does not have this method."
        case .conflict: "The request conflicts with the present state."
        case .preconditionFailed: "The file is not the one that `If-Match` or `If-None-Match` asks for."
        case .rangeNotSatisfiable: "The file has no byte of the `Range`."
        case .payloadTooLarge: "The body is larger than the server takes."
        case .unsupportedMediaType: "The call does not take a body of this type."
        case .unprocessable: "The request is well-formed, but this host or this version does not support it."
        case .rateLimited: "The credential has made too many requests."
        case .internal: "The server failed; the log has the cause under the request's id."
        case .unavailable: "The server is full, or about to stop."
        case .insufficientStorage: "The server's disk is full."
        default: "Another error."
        }
    }
}
