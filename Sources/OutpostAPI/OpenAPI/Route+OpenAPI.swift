// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension Route {
    /// The call as an OpenAPI operation.
    var openAPI: JSONValue {
        var object = JSONObject([
            (name: "operationId", value: .string(operation.rawValue)), (name: "tags", value: [.string(tag)]),
            (name: "summary", value: .string(summary)), (name: "security", value: security),
        ])
        if !parameters.isEmpty { object["parameters"] = .array(parameters) }
        if let request {
            var content = JSONObject([(name: "application/json", value: ["schema": request.openAPI])])
            if acceptsForm { content[FormBody.type] = FormBody.openAPI }
            object["requestBody"] = ["required": true, "content": .object(content)]
        } else if takesBytes {
            object["requestBody"] = [
                "required": true,
                "content": [RouteSuccess.anyBytes: ["schema": ["type": "string", "format": "binary"]]],
            ]
        }
        object["responses"] = responses
        return .object(object)
    }

    private var security: JSONValue {
        if access == .open { return [] }
        let roles: JSONValue = scope.map { [.string($0.rawValue)] } ?? []
        return [["bearer": roles], ["apiKey": roles]]
    }

    private var parameters: [JSONValue] {
        let inPath = path.parameters.compactMap { name in
            PathParameters.schemas[name].map { Field(name, $0).parameter(in: "path", isRequired: true) }
        }
        let key: [JSONValue] = acceptsIdempotencyKey ? [["$ref": "#/components/parameters/IdempotencyKey"]] : []
        let timing: [JSONValue] = acceptsTiming ? [["$ref": "#/components/parameters/OutpostTiming"]] : []
        return inPath + query.map { $0.parameter(in: "query", isRequired: $0.isRequired) } + key + timing
    }

    private var responses: JSONValue {
        var object = JSONObject([(name: String(success.status), value: success.openAPI(headers))])
        for other in otherSuccesses { object[String(other.status)] = other.openAPI(headers) }
        for (code, status) in ErrorCode.documented where documents(code) {
            object[String(status)] = ["$ref": .string("#/components/responses/\(code.rawValue)")]
        }
        return .object(object)
    }

    private var headers: JSONValue {
        acceptsTiming ? ResponseHeader.references(ResponseHeader.ofAll + [.serverTiming]) : ResponseHeader.common
    }

    private func documents(_ code: ErrorCode) -> Bool {
        switch code {
        case .methodNotAllowed, .internal, .unavailable: true
        case .notFound: !path.parameters.isEmpty
        case .invalidRequest, .unauthorized, .forbidden, .rateLimited: access != .open
        case .conflict where tag == "files": true
        case .payloadTooLarge, .unsupportedMediaType, .unprocessable, .conflict: request != nil || takesBytes
        case .insufficientStorage: method != .get
        case .preconditionFailed: acceptsSignedLinks
        case .rangeNotSatisfiable: acceptsSignedLinks && method == .get
        default: false
        }
    }
}

extension RouteSuccess {
    fileprivate func openAPI(_ headers: JSONValue) -> JSONValue {
        var object = JSONObject([
            (name: "description", value: .string(description)), (name: "headers", value: headers),
        ])
        if let contentType {
            let type = contentType.prefix { $0 != ";" }
            var content = JSONObject([(name: String(type), value: ["schema": schema?.openAPI ?? ["type": "string"]])])
            if let orSchema { content["application/json"] = ["schema": orSchema.openAPI] }
            if orEvents { content[Self.eventStream] = ["schema": ["type": "string"]] }
            object["content"] = .object(content)
        }
        return .object(object)
    }

    private var description: String {
        switch status {
        case 101: "The connection is a WebSocket from now on."
        case 201: "Created."
        case 206: "A part of the file."
        case 304: "The file is still the one that the request names."
        case 204: "Done; there is no body."
        default: "Done."
        }
    }
}

extension Field {
    /// The field as an OpenAPI parameter.
    func parameter(in place: String, isRequired: Bool) -> JSONValue {
        [
            "name": .string(name), "in": .string(place), "required": .bool(isRequired), "schema": schema.openAPI,
        ]
    }
}
