// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Shutdown {
        @Test func aRunThatIsOnItsWayGetsItsAnswer() async throws {
            try await ServerFixture.withServer { server in
                let api = server.api
                let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
                let sleeper = Sleeper()
                async let pending = api.exec(sandbox, code: "\(sleeper.command); echo finished")
                try await sleeper.begin()
                try server.process.send(.terminate)
                #expect(try await eventually { try await server.refusesWork() })
                try await sleeper.end()
                let execution = try await pending
                #expect(execution.status == .succeeded)
                #expect(execution.stdout.text == "finished\n")
            }
        }

        @Test func aServerThatStopsTakesNoNewWork() async throws {
            try await ServerFixture.withServer { server in
                let api = server.api
                let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
                let sleeper = Sleeper()
                async let pending = api.exec(sandbox, code: "\(sleeper.command); echo finished")
                try await sleeper.begin()
                try server.process.send(.terminate)
                // Work that it has goes on all the while, or the end of the server would be its refusal.
                #expect(try await eventually { try await server.refusesWork() })
                #expect(sleeper.isThere)
                try await sleeper.end()
                _ = try await pending
            }
        }

        @Test func whatIsThereIsThereAgainAfterAnOrderlyStop() async throws {
            try await DataDirectory.withTemporary { directory in
                let sandbox = try await ServerFixture.withServer(on: directory) { server in
                    let sandbox = try await server.api.createSandbox(["language": "bash", "mode": "stateful"])
                    _ = try await server.api.exec(sandbox, code: "echo kept > file")
                    return sandbox
                }
                let seen = try await ServerFixture.withServer(on: directory) { server in
                    try await server.api.exec(sandbox, code: "cat file").stdout.text
                }
                #expect(seen == "kept\n")
            }
        }

        @Test func aProcessMayEndByItselfBeforeTheServerKillsIt() async throws {
            try await DataDirectory.withTemporary { directory in
                let sandbox = try await ServerFixture.withServer(on: directory) { server in
                    let sandbox = try await server.api.createSandbox(["language": "bash", "mode": "stateful"])
                    for script in [
                        "trap 'echo orderly > end; exit' TERM; echo > first; while :; do sleep 0.02; done",
                        "trap '' TERM; echo > second; while :; do sleep 0.02; done",
                    ] {
                        let started = try await server.api.send(
                            "POST", server.api.sandboxPath("/\(sandbox.id)/processes"),
                            json: ["command": ["sh", "-c", .string(script)]])
                        #expect(started.status == 201)
                    }
                    let wait = "until [ -e first ] && [ -e second ]; do sleep 0.02; done"
                    _ = try await server.api.exec(sandbox, code: wait)
                    return sandbox
                }
                try await ServerFixture.withServer(on: directory) { server in
                    let seen = try await server.api.exec(sandbox, code: "cat end")
                    #expect(seen.stdout.text == "orderly\n")
                }
            }
        }

        @Test func aSecondServerOnTheSameDirectoryIsRefused() async throws {
            try await ServerFixture.withServer { server in
                let second = try await ServerBinary.run([
                    "serve", "--listen", "127.0.0.1:0", "--data-dir", server.dataDirectory.path,
                ])
                #expect(second.exitCode != 0)
                #expect(second.stderr.contains(server.dataDirectory.path), "\(second.stderr)")
                #expect(try await server.api.execute("bash", "echo well").stdout.text == "well\n")
            }
        }

        @Test func theTokenIsWrittenOnceAndNeverPrinted() async throws {
            try await DataDirectory.withTemporary { directory in
                var tokens: [String] = []
                for _ in 0..<2 {
                    let token = try await ServerFixture.withServer(on: directory) { server in
                        let token = try directory.adminToken()
                        #expect(!server.output.contains(token))
                        return token
                    }
                    tokens.append(token)
                }
                #expect(tokens[0].hasPrefix("op_pat_"))
                #expect(tokens[0] == tokens[1])
            }
        }

        @Test func aTokenThatIsNotValidAnyMoreIsToldAndNotReplaced() async throws {
            try await DataDirectory.withTemporary { directory in
                try await ServerFixture.withServer(on: directory) { server in
                    let name = try await server.api.send("DELETE", "/auth/v1/pat/admin")
                    #expect(name.status == 204)
                }
                let token = try directory.adminToken()
                try await ServerFixture.withServer(on: directory) { server async throws in
                    #expect(try await eventually { server.output.contains("not valid") }, "\(server.output)")
                    #expect(!server.output.contains(token))
                    #expect(try directory.adminToken() == token)
                    #expect(try await server.api.send("GET", "/auth/v1/pat").status == 401)
                }
            }
        }

        @Test func theFirstStartSaysWhereTheTokenIs() async throws {
            try await ServerFixture.withServer { server async throws in
                let file = server.dataDirectory.path + "/admin.token"
                #expect(try await eventually { server.output.contains(file) }, "\(server.output)")
            }
        }
    }
}
