// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What a judge asks for and cannot have.
    @Suite(.serialized) struct JudgeRefusals {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let cases: [(JSONValue, Int, String)] = [
            (["tests": []], 400, "tests"), (["tests": [["stdin": 1]]], 400, "tests[0].stdin"),
            (["tests": [[:]], "stdin": "x"], 400, "stdin"), (["compare": "tokens"], 400, "compare"),
            (["stop_on_failure": false], 400, "stop_on_failure"),
            (["tests": [[:]], "compare": "bytes"], 400, "compare"),
            (["tests": [[:], ["time_limit_ms": 0]]], 400, "tests[1].time_limit_ms"),
            (["tests": [[:], ["time_limit_ms": 3_600_001]]], 422, "tests[1].time_limit_ms"),
            (["tests": [["memory_limit_mb": 1_000_000_000]]], 422, "tests[0].memory_limit_mb"),
            (["tests": [["memory_limit_mb": 1]]], 400, "tests[0].memory_limit_mb"),
        ]

        @Test(arguments: cases)
        func theFieldIsNamed(_ extra: JSONValue, _ status: Int, _ field: String) async throws {
            let body: JSONValue = ["language": "bash", "code": "cat"]
            let answer = try await api.send("POST", api.sandboxPath("/execute"), json: body.adding(extra))
            #expect(answer.status == status, "\(answer)")
            #expect(try answer.error().details.map(\.field) == [field])
        }

        @Test func aStatefulSandboxIsRefusedSinceEachTestIsToBeClean() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let body: JSONValue = [
                    "language": "bash", "code": "cat", "tests": [[:]], "sandbox_id": .string("\(sandbox.id)"),
                ]
                let answer = try await api.send("POST", api.sandboxPath("/execute"), json: body)
                #expect(answer.status == 400)
                let error = try answer.error()
                #expect(error.details.map(\.field) == ["sandbox_id"])
                #expect(error.message.contains("clean"))
            }
        }

        @Test func execTakesNoTests() async throws {
            try await api.withSandbox(["language": "bash"]) { sandbox in
                let answer = try await api.send(
                    "POST", api.sandboxPath("/\(sandbox.id)/exec"), json: ["code": "cat", "tests": [[:]]])
                #expect(answer.status == 400)
                #expect(try answer.error().details.map(\.field) == ["tests"])
            }
        }
    }
}
