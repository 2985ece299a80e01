// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What this version knows but does not do is said, and never ignored.
    @Suite(.serialized) struct UnsupportedFields {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let shared: [(String, JSONValue, String)] = [
            ("image", "python:3.12", "image"),
            ("resource_limits", ["gpu": 1], "resource_limits.gpu"),
            ("security", ["jailer_enabled": true], "security.jailer_enabled"),
            ("network", ["egress": "all"], "network"),
            ("network", ["egress": "allowlist", "allow": ["example.com:443"]], "network"),
        ]

        @Test func creatingSaysSo() async throws {
            let cases: [(String, JSONValue, String)] =
                Self.shared + [
                    ("ports", [["guest_port": 8080]], "ports"), ("disk_size_gb", 5, "disk_size_gb"), ("gpu", 1, "gpu"),
                    ("health_check", ["interval_secs": 5], "health_check"),
                ]
            for (name, value, field) in cases {
                try await expectUnprocessable(api.sandboxPath(), ["language": "bash"], name, value, field)
            }
        }

        @Test func executingSaysSo() async throws {
            let cases: [(String, JSONValue, String)] =
                Self.shared + [
                    ("deps", ["requests"], "deps")
                ]
            for (name, value, field) in cases {
                try await expectUnprocessable(
                    api.sandboxPath("/execute"), ["language": "bash", "code": ""], name, value, field)
            }
        }

        @Test func runningInASandboxSaysSo() async throws {
            try await api.withSandbox(["language": "bash"]) { sandbox in
                let path = api.sandboxPath("/\(sandbox.id)/exec")
                try await expectUnprocessable(path, ["code": ""], "deps", ["requests"], "deps")
                try await expectUnprocessable(
                    path, ["code": ""], "resource_limits", ["gpu": 1], "resource_limits.gpu")
            }
        }

        @Test func whatChangesNothingIsTaken() async throws {
            let request: JSONValue = [
                "language": "bash", "ports": [], "network": ["egress": "none"],
                "security": ["jailer_enabled": false, "preset": "default", "seccomp_enabled": true],
            ]
            try await api.withSandbox(request) { sandbox in
                let execution = try await api.exec(sandbox, ["code": "echo well", "deps": []])
                #expect(execution.stdout.text == "well\n")
            }
        }

        private func expectUnprocessable(
            _ path: String, _ body: JSONValue, _ name: String, _ value: JSONValue, _ field: String
        ) async throws {
            let extra = .object(.init([(name: name, value: value)])) as JSONValue
            let answer = try await api.send("POST", path, json: body.adding(extra))
            #expect(answer.status == 422, "\(name): \(answer)")
            let error = try answer.error()
            #expect(error.code == .unprocessable)
            #expect(error.details.map(\.field) == [field])
            #expect(error.message.contains(field))
        }
    }
}
