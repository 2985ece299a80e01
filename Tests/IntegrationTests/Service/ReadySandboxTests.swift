// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs that go on in an interpreter which was there before them.
    @Suite(.serialized) struct ReadySandboxes {
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
    }
}
