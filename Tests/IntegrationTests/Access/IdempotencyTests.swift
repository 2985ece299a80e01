// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Idempotency {
        let api: APIClient

        init() throws { api = try SharedServer.server.api.with(namespace: "idempotency") }

        private static let create: JSONValue = ["language": "bash", "mode": "stateful"]

        @Test func theSameKeyAndBodyCreateOneSandbox() async throws {
            let first = try await create("one")
            let second = try await create("one")
            #expect(first.status == 201)
            #expect(second.status == 201)
            #expect(first.body == second.body)
            #expect(first.header("X-Request-Id") != second.header("X-Request-Id"))
            #expect(try await api.sandboxes().total == 1)
            let conflict = try await create("one", ["language": "python"])
            #expect(conflict.status == 409)
            #expect(try conflict.error().code == .conflict)
            try await api.deleteSandbox(try first.decoded(Sandbox.self, status: 201).id)
        }

        @Test func keysOfTwoCredentialsAreTwoKeys() async throws {
            let other = try await api.asNewToken(
                TokenRequest(name: "other-credential", namespace: NamespaceName("idempotency")))
            let first = try await create("shared").decoded(Sandbox.self, status: 201)
            let second = try await other.send(
                "POST", api.sandboxPath(), json: Self.create, headers: ["Idempotency-Key": "shared"]
            ).decoded(Sandbox.self, status: 201)
            #expect(first.id != second.id)
            for sandbox in [first, second] { try await api.deleteSandbox(sandbox.id) }
            #expect(try await api.send("DELETE", "/auth/v1/pat/other-credential").status == 204)
        }

        @Test func theSameKeyRunsAProgramOnce() async throws {
            try await api.withSandbox(Self.create) { sandbox in
                let path = api.sandboxPath("/\(sandbox.id)/exec")
                let body: JSONValue = ["code": "sleep 0.3; echo x >> log; wc -l < log"]
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            try await api.send("POST", path, json: body, headers: ["Idempotency-Key": "run"])
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                // While the first is on its way there is no answer to give again.
                #expect(answers.allSatisfy { [200, 409].contains($0.status) }, "\(answers)")
                let last = try await api.send("POST", path, json: body, headers: ["Idempotency-Key": "run"])
                #expect(try last.decoded(Execution.self).stdout.text == "1\n")
                #expect(try await api.exec(sandbox, code: "wc -l < log").stdout.text == "1\n")
            }
        }

        @Test(arguments: [String(repeating: "k", count: 129), "é"])
        func aMalformedKeyIsRefused(_ key: String) async throws {
            let answer = try await create(key)
            #expect(answer.status == 400)
            #expect(try answer.error().details.map(\.field) == ["Idempotency-Key"])
        }

        private func create(_ key: String, _ body: JSONValue = create) async throws -> Answer {
            try await api.send("POST", api.sandboxPath(), json: body, headers: ["Idempotency-Key": key])
        }
    }
}
