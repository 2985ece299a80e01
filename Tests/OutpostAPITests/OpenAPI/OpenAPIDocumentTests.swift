// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostAPI

struct OpenAPIDocumentTests {
    private let document = OpenAPIDocument.json(version: "1.2.3")

    @Test func everyRouteIsPresentWithItsAnswers() throws {
        var operations = 0
        for route in RouteTable.all {
            let item = try #require(document["paths"]?[route.path.openAPIText])
            let operation = try #require(item[route.method.rawValue.lowercased()])
            #expect(operation["operationId"] == .string(route.operation.rawValue))
            #expect(operation["responses"]?[String(route.success.status)] != nil)
            #expect(operation["responses"]?["500"] == ["$ref": "#/components/responses/internal"])
            #expect((operation["requestBody"] != nil) == (route.request != nil || route.takesBytes))
            #expect((operation["security"] == []) == (route.access == .open))
            operations += 1
        }
        let documented = document["paths"]?.objectValue?.members.reduce(0) { $0 + ($1.value.objectValue?.count ?? 0) }
        #expect(documented == operations)
        #expect(document["info"]?["version"] == "1.2.3")
    }

    @Test func theLanguagesOfAServerAreNamed() {
        let document = OpenAPIDocument.json(version: "1", languages: ["python", "py"])
        #expect(document["components"]?["schemas"]?["LanguageName"]?["enum"] == ["python", "py"])
        #expect(self.document["components"]?["schemas"]?["LanguageName"]?["enum"] == nil)
    }

    @Test func everyPathParameterIsDeclared() throws {
        for route in RouteTable.all {
            let operation = try #require(
                document["paths"]?[route.path.openAPIText]?[route.method.rawValue.lowercased()])
            let declared = (operation["parameters"]?.arrayValue ?? []).filter { $0["in"] == "path" }
            #expect(declared.compactMap { $0["name"]?.stringValue } == route.path.parameters)
        }
    }

    @Test func everyReferenceLeadsSomewhere() {
        let references = references(in: document)
        #expect(references.count > 100)
        for reference in references {
            let steps = reference.split(separator: "/").dropFirst()
            let target = steps.reduce(document) { $0?[String($1)] ?? nil }
            #expect(target != nil, "\(reference)")
        }
    }

    @Test func everyComponentIsUsed() {
        let used = Set(references(in: document))
        for kind in ["schemas", "responses", "headers", "parameters"] {
            for member in document["components"]?[kind]?.objectValue?.members ?? [] {
                #expect(used.contains("#/components/\(kind)/\(member.name)"), "\(kind) \(member.name)")
            }
        }
    }

    @Test func everyDocumentedErrorIsAnAnswer() {
        let responses = document["components"]?["responses"]?.objectValue
        #expect(responses?.members.map(\.name) == ErrorCode.documented.map(\.code.rawValue))
        #expect(responses?["rate_limited"]?["headers"]?["Retry-After"] != nil)
        #expect(responses?["not_found"]?["headers"]?["X-RateLimit-Reset"] != nil)
    }

    @Test func theSchemasOfOneNameAreOneSchema() {
        let named = RouteTable.all.flatMap { [$0.request, $0.success.schema].compactMap { $0 } }
        for schema in named {
            guard let name = schema.componentName else { continue }
            #expect(document["components"]?["schemas"]?[name] == schema.definition)
        }
    }

    @Test func theBoundsOfARequestAreInItsSchema() {
        let properties = document["components"]?["schemas"]?["ResourceLimitsRequest"]?["properties"]
        #expect(properties?["memory_mb"]?["minimum"] == 4)
        #expect(properties?["cpu_cores"]?["minimum"] == 0.01)
        let sandbox = document["components"]?["schemas"]?["SandboxRequest"]
        #expect(sandbox?["required"] == ["language"])
        #expect(sandbox?["additionalProperties"] == false)
        #expect(sandbox?["properties"]?["mode"]?["enum"] == ["ephemeral", "stateful"])
    }
}

private func references(in value: JSONValue) -> [String] {
    switch value {
    case .array(let elements): elements.flatMap(references)
    case .object(let object):
        object.members.flatMap { member in
            if member.name == "$ref", let target = member.value.stringValue { return [target] }
            return references(in: member.value)
        }
    default: []
    }
}
