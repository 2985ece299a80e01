// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

/// A call with a body, and the form of each of its fields.
struct BodyCall: Sendable, CustomStringConvertible {
    let path: String
    /// Members that make the body whole, as JSON, to which one bad field is added.
    let rest: [String: String]
    let fields: [String: Form]
    var description: String { path }

    /// What a field must be.
    enum Form: String, CaseIterable, Sendable {
        case text, flag, integer, number, list, object

        /// A value of the form.
        fileprivate var sample: String {
            switch self {
            case .text: "\"x\""
            case .flag: "true"
            case .integer: "7"
            case .number: "7.5"
            case .list: "[1]"
            case .object: "{\"x\":1}"
            }
        }

        /// JSON that no field of this form may have.
        var refused: [String] {
            let others = Form.allCases.filter { $0 != self && !(self == .number && $0 == .integer) }.map(\.sample)
            let bounds: [String] =
                switch self {
                case .integer: ["0", "-1", "1e400", "99999999999999999999", "-9223372036854775809", "NaN"]
                case .number: ["0", "-1", "-0.0", "1e400", "Infinity"]
                case .text: ["\"\\ud800\"", "\"unfinished", "'x'"]
                default: []
                }
            return ["null"] + others + bounds
        }
    }

    /// The body with `value` as the field `name`.
    func body(_ name: String, _ value: String) -> [UInt8] {
        var members = rest
        // Of two fields that stand for each other only one may be there.
        if name == "command" { members["code"] = nil }
        members[name] = value
        return Array("{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8)
    }

    private static let program: [String: Form] = [
        "code": .text, "command": .list, "deps": .list, "timeout_secs": .number, "timeout_ms": .integer,
        "resource_limits": .object, "stdin": .text, "stdin_base64": .text, "args": .list, "env": .list,
        "working_dir": .text, "files": .list, "concurrent": .flag, "language": .text,
    ]

    static let all = [
        BodyCall(
            path: "sandbox", rest: ["language": "\"bash\""],
            fields: [
                "language": .text, "image": .text, "mode": .text, "resource_limits": .object, "env": .list,
                "working_dir": .text, "disk_size_gb": .number, "ports": .list, "security": .object,
                "health_check": .object, "network": .object, "ttl_secs": .integer, "idle_timeout_secs": .integer,
                "name": .text, "metadata": .object,
            ]),
        BodyCall(path: "sandbox/{id}/exec", rest: ["code": "\"\""], fields: program),
        BodyCall(
            path: "sandbox/execute", rest: ["language": "\"bash\"", "code": "\"\""],
            fields: program.merging(
                ["sandbox_id": .text, "image": .text, "network": .object, "security": .object], uniquingKeysWith: { $1 }
            )),
        BodyCall(
            path: "pat", rest: ["name": "\"bad-field\""],
            fields: [
                "name": .text, "namespace": .text, "scopes": .list, "expires_in_days": .integer, "plan": .text,
            ]),
    ]

    static let limits: [String: Form] = [
        "memory_mb": .integer, "cpu_cores": .number, "timeout_ms": .integer, "disk_mb": .integer,
        "max_processes": .integer, "max_output_bytes": .integer,
    ]
}

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
                    #expect(try answer.error().details.contains { $0.field == name }, "\(name): \(answer)")
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
