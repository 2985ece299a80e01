// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct BadFields {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: BodyCall.all) func everyFieldOfTheWrongFormIsNamed(_ call: BodyCall) async throws {
            try await withPath(of: call) { path in
                for (name, form) in call.fields {
                    for value in form.refused {
                        try await expectRefusal(path, call.body(name, value), naming: name)
                    }
                }
            }
        }

        @Test(arguments: BodyCall.all.dropLast()) func everyLimitOfTheWrongFormIsNamed(_ call: BodyCall) async throws {
            try await withPath(of: call) { path in
                for (name, form) in BodyCall.limits {
                    for value in form.refused {
                        let body = call.body("resource_limits", "{\"\(name)\":\(value)}")
                        try await expectRefusal(path, body, naming: "resource_limits.\(name)")
                    }
                }
            }
        }

        @Test(arguments: BodyCall.all.dropLast()) func aLimitAboveTheHostsIsUnprocessable(_ call: BodyCall) async throws
        {
            try await withPath(of: call) { path in
                for name in BodyCall.limits.keys {
                    let body = call.body("resource_limits", "{\"\(name)\":9007199254740991}")
                    let answer = try await api.send("POST", path, body: body)
                    #expect(answer.status == 422, "\(name): \(answer)")
                    #expect(try answer.error().details.map(\.field) == ["resource_limits.\(name)"])
                }
            }
        }

        @Test(arguments: BodyCall.all) func anUnknownFieldIsNamed(_ call: BodyCall) async throws {
            try await withPath(of: call) { path in
                for name in ["colour", "Language", "__proto__", ""] {
                    let answer = try await api.send("POST", path, body: call.body(name, "1"))
                    #expect(answer.status == 400, "\(name): \(answer)")
                    let named = name.isEmpty ? "\"\"" : name
                    #expect(try answer.error().details.contains { $0.field == named }, "\(name): \(answer)")
                }
            }
        }

        @Test(arguments: BodyCall.all) func aMissingFieldIsNamed(_ call: BodyCall) async throws {
            try await withPath(of: call) { path in
                let answer = try await api.send("POST", path, json: [:])
                #expect(answer.status == 400)
                let named = Set(try answer.error().details.map(\.field))
                #expect(named.isSuperset(of: call.rest.keys.filter { $0 != "code" }), "\(answer)")
                #expect(call.rest["code"] == nil || answer.text.contains("code"))
            }
        }

        @Test(arguments: [
            ("sandbox", "name", "\"a\\u0000b\""), ("sandbox", "name", "\"\\u001b[31m\""),
            ("sandbox", "mode", "\"Stateful\""),
            ("sandbox", "working_dir", "\"relative\""), ("sandbox", "working_dir", "\"/a/../b\""),
            ("sandbox", "working_dir", "\"/a\\u0000\""), ("sandbox", "env", "[[\"A=B\",\"x\"]]"),
            ("sandbox", "env", "[[\"\",\"x\"]]"), ("sandbox", "env", "[[\"A\",\"x\\u0000\"]]"),
            ("sandbox", "env", "[[\"A\"]]"),
            ("sandbox", "metadata", "{\"k\":1}"), ("sandbox", "security", "{\"user\":\"daemon\"}"),
            ("sandbox", "security", "{\"seccomp_enabled\":1}"), ("sandbox", "ttl_secs", "31536001"),
            ("sandbox/execute", "args", "[\"\\u0000\"]"),
            ("sandbox/execute", "files", "[{\"path\":\"../x\",\"content\":\"\"}]"),
            ("sandbox/execute", "files", "[{\"path\":\"x\"}]"),
            ("sandbox/execute", "files", "[{\"path\":\"/\",\"content\":\"\"}]"),
            ("sandbox/execute", "files", "[{\"path\":\"x\",\"content_base64\":\"!\"}]"),
            ("sandbox/execute", "command", "[]"), ("sandbox/execute", "command", "[\"\"]"),
            ("sandbox/execute", "stdin_base64", "\"a\""), ("sandbox/execute", "sandbox_id", "\"../../etc\""),
            ("pat", "name", "\"../x\""), ("pat", "name", "\"a b\""), ("pat", "namespace", "\"Team\""),
            ("pat", "scopes", "[\"root\"]"), ("pat", "scopes", "[]"), ("pat", "plan", "\"gold\""),
            ("pat", "expires_in_days", "3651"),
        ]) func aValueOutOfBoundsIsNamed(_ path: String, _ name: String, _ value: String) async throws {
            let call = try #require(BodyCall.all.first { $0.path == path })
            try await withPath(of: call) { path in
                try await expectRefusal(path, call.body(name, value), naming: name)
            }
        }

        @Test func whatExcludesEachOtherIsRefused() async throws {
            let extras: [JSONValue] = [["command": ["true"]], ["stdin": "a", "stdin_base64": "YQ=="]]
            for extra in extras {
                let body = (["language": "bash", "code": ""] as JSONValue).adding(extra)
                let answer = try await api.send("POST", api.sandboxPath("/execute"), json: body)
                #expect(answer.status == 400)
                #expect(try !answer.error().details.isEmpty)
            }
        }

        private func withPath(of call: BodyCall, _ body: (String) async throws -> Void) async throws {
            if call.path == "pat" { return try await body("/auth/v1/pat") }
            guard call.path.contains("{id}") else { return try await body("/auth/v1/seed/default/\(call.path)") }
            try await api.withSandbox(["language": "bash"]) { sandbox in
                try await body("/auth/v1/seed/default/" + call.path.replacing("{id}", with: sandbox.id.rawValue))
            }
        }

        /// A value that is no JSON at all is a fault of the body, any other one of its field.
        private func expectRefusal(_ path: String, _ body: [UInt8], naming field: String) async throws {
            let isJSON = (try? JSONValue(parsing: body)) != nil
            let answer = try await api.send("POST", path, body: body)
            let sent = String(decoding: body, as: UTF8.self)
            #expect(answer.status == 400, "\(sent): \(answer)")
            let error = try answer.error()
            #expect(error.code == .invalidRequest)
            let fields = error.details.map(\.field)
            let isNamed = fields.contains {
                isJSON ? $0 == field || $0.hasPrefix(field + ".") || $0.hasPrefix(field + "[") : $0 == "body"
            }
            #expect(isNamed, "\(sent): \(answer)")
        }
    }
}
