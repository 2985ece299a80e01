// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Service {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test func healthAndReadinessAreTold() async throws {
            #expect(try await api.send("GET", "/healthz").decoded(HealthReply.self).status == "ok")
            #expect(try await api.send("GET", "/readyz").decoded(HealthReply.self).status == "ready")
        }

        @Test func metricsAreInPrometheusForm() async throws {
            let answer = try await api.send("GET", "/metrics")
            #expect(answer.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") ?? false)
            let lines = answer.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(!lines.isEmpty)
            for line in lines {
                #expect(
                    line.wholeMatch(of: /[a-z_:][a-zA-Z0-9_:]*(\{.*\})? ([0-9.eE+-]+|NaN|[+-]Inf)/) != nil, "\(line)")
            }
            #expect(answer.text.contains("# TYPE "))
        }

        @Test func everyCallOfTheDocumentIsThere() async throws {
            let document = try await document()
            #expect(document["openapi"]?.stringValue?.hasPrefix("3.1") ?? false)
            let operations = operations(of: document)
            #expect(operations.count == RouteTable.all.count)
            for (path, method) in operations {
                let (target, sandbox) = try await target(path)
                let answer = try await api.send(method, target, json: [:])
                #expect(![404, 405, 500, 501].contains(answer.status), "\(method) \(target): \(answer)")
                if let sandbox, method != "DELETE" { try await api.deleteSandbox(sandbox.id) }
                if path.hasSuffix("{name}"), method != "DELETE" {
                    #expect(try await api.send("DELETE", target).status == 204)
                }
            }
        }

        @Test func everyReferenceOfTheDocumentLeadsSomewhere() async throws {
            let document = try await document()
            let references = references(in: document)
            #expect(!references.isEmpty)
            for reference in references {
                let steps = reference.split(separator: "/").dropFirst()
                #expect(steps.reduce(document) { $0?[String($1)] } != nil, "\(reference)")
            }
        }

        private func document() async throws -> JSONValue {
            try await api.with(authorization: nil).send("GET", "/openapi.json").json()
        }

        private func operations(of document: JSONValue) -> [(path: String, method: String)] {
            (document["paths"]?.objectValue?.members ?? []).flatMap { path in
                (path.value.objectValue?.members ?? []).map { (path: path.name, method: $0.name.uppercased()) }
            }
        }

        /// The path with what its parameters name really being there.
        private func target(_ path: String) async throws -> (path: String, sandbox: Sandbox?) {
            var path = path.replacing("{namespace}", with: "default")
            var sandbox: Sandbox?
            if path.contains("{snapshot_id}") {
                let snapshot = try await made("snapshot", ["name": "documented"], in: try await liveSandbox())
                path.replace("{snapshot_id}", with: snapshot)
            }
            if path.contains("{id}") {
                let isLive = path.contains("{proc_id}") || path.contains("{ctx_id}")
                let created = isLive ? try await liveSandbox() : try await api.createSandbox(["language": "bash"])
                if path.contains("{proc_id}") {
                    path.replace("{proc_id}", with: try await made("processes", ["command": ["cat"]], in: created))
                }
                if path.contains("{ctx_id}") {
                    path.replace("{ctx_id}", with: try await made("contexts", ["language": "python"], in: created))
                }
                path.replace("{path}", with: "file")
                path.replace("{id}", with: created.id.rawValue)
                sandbox = created
                if path.contains("{exec_id}") {
                    path.replace("{exec_id}", with: try await api.exec(created, code: "true").id.rawValue)
                }
            }
            if path.contains("{job_id}") {
                let place: JSONValue = sandbox.map { ["sandbox_id": .string($0.id.rawValue)] } ?? [:]
                path.replace("{job_id}", with: try await api.submitJob("bash", "true", place).id.rawValue)
            }
            if path.hasSuffix("/{name}") {
                let created = try await api.send("POST", String(path.dropLast(7)), json: ["name": "documented"])
                #expect(created.status == 201, "\(created)")
                path.replace("{name}", with: "documented")
            }
            return (path, sandbox)
        }

        /// Makes a stateful sandbox that has run a program.
        private func liveSandbox() async throws -> Sandbox {
            let sandbox = try await api.createSandbox(["language": "python", "mode": "stateful"])
            _ = try await api.exec(sandbox, code: "pass")
            return sandbox
        }

        /// Makes something in a sandbox.
        ///
        /// - Returns: its id.
        private func made(_ noun: String, _ body: JSONValue, in sandbox: Sandbox) async throws -> String {
            let answer = try await api.send(
                "POST", "/auth/v1/seed/default/sandbox/\(sandbox.id.rawValue)/\(noun)", json: body)
            return try #require(try answer.json()["id"]?.stringValue, "\(answer)")
        }

        private func references(in value: JSONValue) -> Set<String> {
            switch value {
            case .array(let elements): elements.reduce(into: []) { $0.formUnion(references(in: $1)) }
            case .object(let object):
                object.members.reduce(into: []) { found, member in
                    if member.name == "$ref", let reference = member.value.stringValue { found.insert(reference) }
                    found.formUnion(references(in: member.value))
                }
            default: []
            }
        }
    }
}
