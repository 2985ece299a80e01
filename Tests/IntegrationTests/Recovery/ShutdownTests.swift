// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Shutdown {
        private let untilTold = "while [ ! -e go ]; do sleep 0.05; done; "

        /// Returns when the program is past `untilTold`, so that however long it took to be seen, it goes on for a while.
        private func tell(_ sandbox: Sandbox, _ api: APIClient) async throws {
            #expect(try await eventually { try await api.sandbox(sandbox.id).status == .running })
            #expect(try await api.exec(sandbox, ["code": "touch go", "concurrent": true]).status == .succeeded)
        }

        @Test func aRunThatIsOnItsWayGetsItsAnswer() async throws {
            try await ServerFixture.withServer { server in
                let api = server.api
                let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
                async let pending = api.exec(sandbox, code: untilTold + "sleep 1; echo finished")
                try await tell(sandbox, api)
                try server.process.send(.terminate)
                let execution = try await pending
                #expect(execution.status == .succeeded)
                #expect(execution.stdout.text == "finished\n")
            }
        }

        @Test func aServerThatStopsTakesNoNewWork() async throws {
            try await ServerFixture.withServer { server in
                let api = server.api
                let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
                async let pending = api.exec(sandbox, code: untilTold + "sleep 2")
                try await tell(sandbox, api)
                try server.process.send(.terminate)
                let isRefused = try await eventually(within: .seconds(2)) {
                    do {
                        let answer = try await api.send(
                            "POST", api.sandboxPath("/execute"), json: ["language": "bash", "code": "echo taken"])
                        return answer.status == 503 && answer.header("Retry-After") != nil
                    } catch {
                        // The door is closed.
                        return true
                    }
                }
                #expect(isRefused)
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

        @Test func theFirstStartSaysWhereTheTokenIs() async throws {
            try await ServerFixture.withServer { server async throws in
                let file = server.dataDirectory.path + "/admin.token"
                #expect(try await eventually { server.output.contains(file) }, "\(server.output)")
            }
        }
    }
}
