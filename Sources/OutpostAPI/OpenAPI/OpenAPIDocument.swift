// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The whole API as an OpenAPI 3.1 document, made from the route table that the server uses.
public enum OpenAPIDocument {
    /// Makes the document.
    ///
    /// - Parameters:
    ///   - version: the version of the product.
    ///   - languages: the names and aliases that the server knows. Empty allows any name.
    ///   - serverURL: the address of the API. `/` means the server that sent the document.
    public static func json(version: String, languages: [String] = [], serverURL: String = "/") -> JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Outpost Sandboxes",
                "summary": "Runs untrusted code over HTTP.",
                "version": .string(version),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": .string(serverURL)]],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": [
                "securitySchemes": securitySchemes,
                "parameters": parameters,
                "headers": ResponseHeader.components,
                "responses": ErrorResponses.components,
                "schemas": .object(schemas(languages)),
            ],
        ]
    }

    private static var tags: [String] {
        RouteTable.all.map(\.tag).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static var paths: JSONObject {
        var paths = JSONObject()
        for route in RouteTable.all {
            var item = paths[route.path.openAPIText]?.objectValue ?? JSONObject()
            item[route.method.rawValue.lowercased()] = route.openAPI
            paths[route.path.openAPIText] = .object(item)
        }
        return paths
    }

    private static let securitySchemes: JSONValue = [
        "bearer": ["type": "http", "scheme": "bearer", "description": "A personal access token, `op_pat_…`."],
        "apiKey": [
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "An API key, as `API-Key <name>$<secret>`.",
        ],
    ]

    private static var parameters: JSONValue {
        [
            "IdempotencyKey": RequestHeaders.idempotencyKey.parameter(in: "header", isRequired: false),
            "OutpostTiming": RequestHeaders.timing.parameter(in: "header", isRequired: false),
        ]
    }

    /// Returns every named schema that a route uses, directly or inside another schema, by name.
    private static func schemas(_ languages: [String]) -> JSONObject {
        var found: [String: Schema] = [:]
        var pending =
            [ErrorBody.schema]
            + RouteTable.all.flatMap { route in
                [route.request].compactMap(\.self) + ([route.success] + route.otherSuccesses).flatMap(\.schemas)
            }
        while let schema = pending.popLast() {
            if let name = schema.componentName, found.updateValue(schema, forKey: name) != nil { continue }
            pending.append(contentsOf: schema.children)
        }
        let sorted = found.sorted { $0.key < $1.key }
        var schemas = JSONObject(sorted.map { (name: $0.key, value: $0.value.definition) })
        if !languages.isEmpty, var names = schemas[Schema.languageComponent]?.objectValue {
            names["enum"] = .strings(languages)
            schemas[Schema.languageComponent] = .object(names)
        }
        return schemas
    }
}
