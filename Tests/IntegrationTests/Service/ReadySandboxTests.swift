// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs that go on in an interpreter which was there before them.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct ReadySandboxes {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private func run(_ code: String, _ limits: JSONValue) async throws -> Execution {
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"),
                json: ["language": "python", "code": .string(code), "resource_limits": limits])
            return try answer.decoded(Execution.self)
        }

        @Test(arguments: [100, 700])
        func memoryEndsWhereTheRequestSays(mebibytes: Int) async throws {
            // The second run of a kind finds a sandbox that was built with other limits.
            for _ in 0..<2 {
                let within = try await run(
                    "print(len(bytearray(\(mebibytes - 50) << 20)))", ["memory_mb": .integer(Int64(mebibytes))])
                #expect(within.status == .succeeded)
                let beyond = try await run(
                    "print(len(bytearray(\(mebibytes + 10) << 20)))", ["memory_mb": .integer(Int64(mebibytes))])
                #expect(beyond.status == .outOfMemory)
            }
        }

        @Test func processesEndWhereTheRequestSays() async throws {
            let code = """
                import os
                made = 0
                try:
                    while made < 50:
                        if os.fork() == 0:
                            os.read(0, 1)
                            os.pause() if hasattr(os, "pause") else __import__("signal").pause()
                        made += 1
                except OSError:
                    pass
                print(made)
                """
            for _ in 0..<2 {
                #expect(try await run(code, ["max_processes": 10]).stdout.text == "9\n")
            }
        }

        /// How its interpreter was started is a thing that a program can still tell.
        private let wasAhead = "print('=/etc/outpost/python\\0' in open('/proc/self/environ').read())"

        @Test func aStatefulSandboxKeepsAnInterpreterForTheNextProgram() async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                #expect(try await api.exec(sandbox, code: wasAhead).stdout.text == "False\n")
                try await untilAhead(sandbox)
                let code = """
                    import os, sys
                    print(sys.argv, sys.path, sys.modules["sitecustomize"].__file__, "PYTHONPATH" in os.environ)
                    print(sorted(os.listdir("/tmp")), sys.flags, sys.orig_argv, os.getcwd(), sys.stdin.read())
                    """
                let found = try await api.exec(sandbox, code: code)
                let plain = try await run(code, [:])
                #expect(found.stdout.text == plain.stdout.text)
                #expect(found.stderr.text == plain.stderr.text)
            }
        }

        @Test func whatEarlierProgramsInstalledIsThere() async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                try await untilAhead(sandbox)
                let install = """
                    import os, site
                    place = site.getusersitepackages()
                    os.makedirs(place, exist_ok=True)
                    open(place + "/installed.py", "w").write("value = 42")
                    open(place + "/installed.pth", "w").write("import sys; sys.marked = True")
                    """
                #expect(try await api.exec(sandbox, code: install).status == .succeeded)
                let use = "import sys, installed; print(installed.value, sys.marked)"
                let used = try await api.exec(sandbox, code: use)
                #expect(used.stdout.text == "42 True\n", "\(used.status) \(used.stderr.text)")
            }
        }

        /// Root may have written anywhere, also where an interpreter reads before its program is there.
        @Test func noInterpreterWaitsInASandboxOfRoots() async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful", "security": ["user": "root"]]) {
                sandbox in
                for pause in [50, 500, 1000].map({ Duration.milliseconds($0) }) {
                    #expect(try await api.exec(sandbox, code: wasAhead).stdout.text == "False\n")
                    try await Task.sleep(for: pause)
                }
            }
        }

        @Test func anotherProgramDoesNotFindTheOneThatWaits() async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                try await untilAhead(sandbox)
                let seen = try await api.send(
                    "POST", api.sandboxPath("/\(sandbox.id)/exec"),
                    json: ["command": ["/bin/sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]])
                #expect(try !seen.decoded(Execution.self).stdout.text.contains("python"))
            }
        }

        /// Runs programs until one was expected, which a sandbox does that is left alone.
        private func untilAhead(_ sandbox: Sandbox) async throws {
            // Each try takes the place of the one that is on its way, which takes as long as the machine has other things
            // to do.
            for pause in (0..<10).map({ Duration.milliseconds(50 << $0) }) {
                if try await api.exec(sandbox, code: wasAhead).stdout.text == "True\n" { return }
                try await Task.sleep(for: pause)
            }
            Issue.record("no interpreter waits for the next program")
        }
    }
}
