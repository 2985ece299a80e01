// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct EphemeralSandbox {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let places = ["/home/sandbox", "/tmp", "/dev/shm", "/var/tmp", "/etc", "/opt", "/usr/local/bin"]

        @Test func noFileOfARunIsSeenByTheNext() async throws {
            let plant = """
                import os, subprocess
                planted = 0
                for place in \(Self.places):
                    try:
                        open(place + '/planted', 'w').write('x')
                        planted += 1
                    except OSError: pass
                print(planted >= 3)
                """
            let look = "import os\nprint([place for place in \(Self.places) if os.path.exists(place + '/planted')])"
            try await api.withSandbox(["language": "python"]) { sandbox async throws in
                #expect(try await api.exec(sandbox, code: plant).stdout.text == "True\n")
                #expect(try await api.exec(sandbox, code: look).stdout.text == "[]\n")
            }
        }

        @Test func noMessageOrSharedMemoryOfARunIsSeenByTheNext() async throws {
            let calls = """
                import ctypes
                libc = ctypes.CDLL(None, use_errno=True)
                def reached(create):
                    flags = 0o1600 if create else 0
                    return [libc.shmget(0x1234, 4096 if create else 0, flags) >= 0,
                            libc.semget(0x1234, 1 if create else 0, flags) >= 0,
                            libc.msgget(0x1234, flags) >= 0]
                """
            try await api.withSandbox(["language": "python"]) { sandbox in
                let planted = try await api.exec(sandbox, code: calls + "\nprint(reached(True), reached(False))")
                #expect(planted.stdout.text == "[True, True, True] [True, True, True]\n")
                let seen = try await api.exec(sandbox, code: calls + "\nprint(reached(False))")
                #expect(seen.stdout.text == "[False, False, False]\n")
            }
        }

        @Test func noProcessOfARunIsSeenByTheNext() async throws {
            try await api.withSandbox(["language": "bash"]) { sandbox in
                _ = try await api.exec(sandbox, code: "setsid sleep 4242 > /dev/null 2>&1 &")
                let seen = try await api.exec(sandbox, code: "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
                #expect(!seen.stdout.text.contains("4242"))
            }
        }

        @Test func whatTheCreatorSetIsThereInEveryRun() async throws {
            let request: JSONValue = [
                "language": "bash", "env": [["KEY", "value"]], "working_dir": "/tmp",
                "resource_limits": ["timeout_ms": 1000],
            ]
            try await api.withSandbox(request) { sandbox async throws in
                for _ in 0..<2 {
                    let told = try await api.exec(sandbox, ["code": "echo $KEY $PWD", "timeout_secs": 60])
                    #expect(told.stdout.text == "value /tmp\n")
                }
                #expect(try await api.exec(sandbox, code: "sleep 60").status == .timedOut)
            }
        }

        @Test func runsGoSideBySide() async throws {
            let sleepers = [Sleeper(), Sleeper()]
            try await api.withSandbox(["language": "bash"]) { sandbox in
                async let first = api.exec(sandbox, code: "\(sleepers[0].command); echo 1")
                async let second = api.exec(sandbox, code: "\(sleepers[1].command); echo 2")
                for sleeper in sleepers { try await sleeper.begin() }
                #expect(sleepers[0].isThere && sleepers[1].isThere)
                for sleeper in sleepers { try await sleeper.end() }
                let ends = try await [first, second]
                #expect(ends.map(\.stdout.text) == ["1\n", "2\n"])
            }
        }

        @Test func anExecutionMayNameASandbox() async throws {
            try await api.withSandbox(["language": "bash", "env": [["KEY", "value"]]]) { sandbox in
                let execution = try await api.execute(
                    ["language": "bash", "code": "echo $KEY", "sandbox_id": .string(sandbox.id.rawValue)])
                #expect(execution.stdout.text == "value\n")
                #expect(execution.sandboxID == sandbox.id)
            }
        }
    }
}
