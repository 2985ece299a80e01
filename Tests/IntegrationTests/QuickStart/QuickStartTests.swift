// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// The first thing a new user does.
    @Suite(.serialized) struct QuickStart {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let create = """
            {
              "language": "python",
              "mode": "stateful",
              "resource_limits": {
                "memory_mb": 512,
                "cpu_cores": 1.0,
                "timeout_ms": 30000
              }
            }
            """
        private static let exec = #"{"code": "print(2 + 2)"}"#

        @Test func twoPlusTwoIsFour() async throws {
            let created = try await api.send("POST", api.sandboxPath(), body: Array(Self.create.utf8))
            let sandbox = try created.decoded(Sandbox.self, status: 201)
            let answer = try await api.send(
                "POST", api.sandboxPath("/\(sandbox.id)/exec"), body: Array(Self.exec.utf8))
            let execution = try answer.decoded(Execution.self)
            #expect(execution.stdout.text == "4\n")
            #expect(execution.exitCode == 0)
            #expect(execution.status == .succeeded)
            try await api.deleteSandbox(sandbox.id)
        }

        @Test func aSandboxShowsEveryFieldInForce() async throws {
            let request: JSONValue = [
                "language": "python", "mode": "stateful", "name": "mine", "metadata": ["team": "blue"],
                "env": [["A", "1"]], "working_dir": "/tmp", "resource_limits": ["memory_mb": 256], "ttl_secs": 600,
            ]
            try await api.withSandbox(request) { created in
                let answer = try await api.send("GET", api.sandboxPath("/\(created.id)"))
                #expect(try names(answer) == Self.sandboxFields)
                let sandbox = try answer.decoded(Sandbox.self)
                #expect(sandbox == created)
                #expect(sandbox.namespace == .default)
                #expect(sandbox.language == "python")
                #expect(sandbox.mode == .stateful)
                #expect(sandbox.status == .ready)
                #expect(sandbox.name == "mine")
                #expect(sandbox.metadata == ["team": "blue"])
                #expect(sandbox.environment == [EnvironmentVariable(name: "A", value: "1")])
                #expect(sandbox.workingDirectory == "/tmp")
                #expect(
                    sandbox.limits
                        == ResourceLimitsRequest(memoryMiB: 256, timeoutMilliseconds: SharedServer.timeoutMilliseconds)
                        .applied(to: .shippedDefaults))
                #expect(sandbox.security == SandboxSecurity())
                #expect(abs(sandbox.createdAt.milliseconds - now()) < 60_000)
                #expect(sandbox.lastUsedAt == sandbox.createdAt)
                #expect(sandbox.expiresAt == sandbox.createdAt.advanced(bySeconds: 600))
            }
        }

        @Test func anExecutionShowsEveryFieldAndEachIsTrue() async throws {
            let code = "import sys\nprint('out')\nprint('error', file=sys.stderr)\nx = sum(range(2_000_000))"
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: ["language": "python", "code": .string(code)])
            #expect(try names(answer) == Self.executionFields)
            let execution = try answer.decoded(Execution.self)
            #expect(execution.stdout == CapturedOutput(bytes: Array("out\n".utf8), total: 4))
            #expect(execution.stderr == CapturedOutput(bytes: Array("error\n".utf8), total: 6))
            #expect(execution.signal == nil)
            #expect(execution.compile == nil)
            #expect(execution.message == nil)
            #expect(execution.durationMilliseconds > 1)
            #expect(execution.cpuTimeMilliseconds > 1)
            // One core by default; the kernel hands its time out in periods of a tenth of a second.
            #expect(execution.cpuTimeMilliseconds < execution.durationMilliseconds * 1.5 + 100)
            #expect((1 << 20..<512 << 20).contains(execution.memoryPeakBytes))
            #expect(abs(execution.startedAt.milliseconds - now()) < 60_000)
            let wall = Double(execution.completedAt.milliseconds - execution.startedAt.milliseconds)
            #expect(wall + 1 >= execution.durationMilliseconds.rounded(.down))
        }

        private static let sandboxFields: Set<String> = [
            "id", "namespace", "name", "language", "image", "mode", "status", "resource_limits", "env", "working_dir",
            "disk_size_gb", "ports", "security", "network", "health_check", "health", "metadata", "ttl_secs",
            "idle_timeout_secs", "on_idle", "created_at", "last_used_at", "expires_at",
        ]

        private static let executionFields: Set<String> = [
            "id", "sandbox_id", "status", "limit", "stdout", "stderr", "exit_code", "signal", "duration_ms",
            "cpu_time_ms", "memory_peak_bytes", "stdout_bytes", "stderr_bytes", "stdout_truncated", "stderr_truncated",
            "stdout_omitted_bytes", "stderr_omitted_bytes", "stdout_omitted_at", "stderr_omitted_at",
            "stdout_encoding", "stderr_encoding", "compile", "deps", "message", "started_at", "completed_at",
        ]

        private func names(_ answer: Answer) throws -> Set<String> {
            Set(try answer.json().objectValue?.members.map(\.name) ?? [])
        }

        private func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
    }
}
