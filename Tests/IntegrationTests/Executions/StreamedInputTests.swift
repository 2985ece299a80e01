// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostClient
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Runs whose standard input comes while they run.
    @Suite(.serialized) struct StreamedInput {
        let server: ServerFixture

        init() throws { server = try SharedServer.server }

        private func request(
            _ code: String, _ language: String = "bash", stdin: String = "", timeout: Int? = nil
        ) -> ExecutionRequest {
            ExecutionRequest(
                program: .code(code, language: language), timeoutMilliseconds: timeout, stdin: Array(stdin.utf8),
                isInputOpen: true)
        }

        /// Runs a request, and calls `use` when the program has started.
        private func run(
            _ request: ExecutionRequest, _ client: OutpostClient, _ sandbox: SandboxID, _ screen: Screen = Screen(),
            _ use: @escaping @Sendable (ExecutionID, Screen) async throws -> Void
        ) async throws -> Execution {
            let start = Milestone()
            var request = request
            let id = ExecutionID()
            request.id = id
            return try await withThrowingTaskGroup(of: Execution?.self) { group in
                group.addTask { [request] in
                    try await client.exec(request, in: sandbox) { event in
                        if case .started = event { start.reach() }
                        if case .output(_, let bytes, _) = event { screen.add(bytes) }
                    }
                }
                group.addTask {
                    await start.wait()
                    try await use(id, screen)
                    return nil
                }
                var result: Execution?
                for try await execution in group { result = result ?? execution }
                return try #require(result)
            }
        }

        @Test(arguments: ["python", "bash"]) func linesReachTheProgramAsTheyComeAndTheEndEndsIt(
            language: String
        ) async throws {
            let code =
                language == "python"
                ? "import sys\nfor line in sys.stdin: print('got', line, end='', flush=True)\nprint('end')"
                : "while read -r line; do echo \"got $line\"; done; echo end"
            try await server.withClient { client, sandbox in
                let execution = try await run(request(code, language, stdin: "zero\n"), client, sandbox) { id, screen in
                    try await screen.wait(for: "got zero\n")
                    for word in ["one", "two"] {
                        try await client.writeInput(Array("\(word)\n".utf8), to: id, in: sandbox)
                        try await screen.wait(for: "got \(word)\n")
                    }
                    try await client.writeInput(Array("three\n".utf8), to: id, in: sandbox, isLast: true)
                }
                #expect(execution.stdout.text == "got zero\ngot one\ngot two\ngot three\nend\n")
                #expect(execution.exitCode == 0)
            }
        }

        /// The most memory that the server has had, in bytes.
        private func peakMemory(_ server: ServerFixture) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(server.process.id)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
        }

        /// The server holds one piece of the input, and not all of it.
        @Test func muchInputPassesThroughLittleMemory() async throws {
            let size = 100 << 20
            try await ServerFixture.withServer { server in
                try await server.withClient { client, sandbox in
                    let before = try peakMemory(server)
                    let execution = try await run(request("wc -c"), client, sandbox) { id, _ in
                        let piece = [UInt8](repeating: 120, count: 1 << 20)
                        for _ in 0..<(size >> 20) { try await client.writeInput(piece, to: id, in: sandbox) }
                        try await client.writeInput([], to: id, in: sandbox, isLast: true)
                    }
                    #expect(execution.stdout.text == "\(size)\n")
                    #expect(try peakMemory(server) - before < 48 << 20)
                }
            }
        }

        @Test func aProgramThatDoesNotReadHoldsTheSenderUpUntilItEnds() async throws {
            try await server.withClient { client, sandbox in
                let execution = try await run(
                    request("until [ -e /workspace/go ]; do sleep 0.02; done"), client, sandbox
                ) { id, _ in
                    let sent = Milestone()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            try await client.writeInput([UInt8](repeating: 0, count: 8 << 20), to: id, in: sandbox)
                            sent.reach()
                        }
                        _ = try await client.shell("sleep 0.5", in: sandbox)
                        #expect(!sent.isReached)
                        _ = try await client.shell("touch /workspace/go", in: sandbox)
                        do { try await group.waitForAll() } catch let error as OutpostError {
                            // Its end came before all of the input.
                            #expect(error.code == .conflict, "\(error)")
                        }
                    }
                }
                #expect(execution.exitCode == 0)
            }
        }

        @Test func aTimeLimitHoldsWhileTheInputIsSilent() async throws {
            try await server.withClient { client, sandbox in
                let execution = try await run(request("cat", timeout: 500), client, sandbox) { _, _ in }
                #expect(execution.status == .timedOut)
            }
        }

        @Test func aClientThatLeavesEndsTheRun() async throws {
            try await server.withClient { client, sandbox in
                var request = request("cat")
                let id = ExecutionID()
                request.id = id
                struct Leaving: Error {}
                await #expect(throws: Leaving.self) {
                    _ = try await client.exec(request, in: sandbox) { event in
                        if case .started = event { throw Leaving() }
                    }
                }
                let record = try await client.getExecution(id, in: sandbox, waitSeconds: 60)
                guard case .ended(let execution) = record.body else { throw FixtureError("the run goes on") }
                #expect(execution.status == .cancelled)
            }
        }

        @Test func inputInAWrongStateIsAConflictAndUnknownRunsAreNotFound() async throws {
            try await server.withClient { client, sandbox in
                let ended = try await run(request("cat"), client, sandbox) { id, _ in
                    try await client.writeInput([], to: id, in: sandbox, isLast: true)
                }
                for (id, place, status) in [
                    (ended.id, sandbox, 409), (ExecutionID(), sandbox, 404), (ended.id, SandboxID(), 404),
                ] {
                    let path = "/\(place)/executions/\(id)/stdin?eof=true"
                    let answer = try await server.api.send("POST", server.api.sandboxPath(path))
                    #expect(answer.status == status, "\(path)")
                }
                let other = server.api.with(namespace: "input-of-others")
                let answer = try await other.send("POST", other.sandboxPath("/\(sandbox)/executions/\(ended.id)/stdin"))
                #expect(answer.status == 404)
            }
        }

        @Test func aRunWithoutOpenInputRefusesIt() async throws {
            try await server.withClient { client, sandbox in
                var request = request("cat; until [ -e /workspace/go ]; do sleep 0.02; done")
                request.isInputOpen = false
                let execution = try await run(request, client, sandbox) { id, _ in
                    await #expect { try await client.writeInput([1], to: id, in: sandbox) } throws: {
                        ($0 as? OutpostError)?.code == .conflict
                    }
                    _ = try await client.shell("touch /workspace/go", in: sandbox)
                }
                #expect(execution.exitCode == 0)
            }
        }

        private static let refusals: [(path: String, body: JSONValue)] = [
            ("/execute", ["language": "bash", "code": "cat", "stdin_open": true]),
            ("/execute", ["language": "bash", "code": "cat", "stdin_open": true, "id": "exec_0000000000aa"]),
            ("/execute", ["language": "bash", "code": "cat", "stdin_open": true, "tests": [["stdin": "1"]]]),
            ("/jobs", ["language": "bash", "code": "cat", "stdin_open": true]),
        ]

        @Test(arguments: refusals) func aCallThatCannotStreamInputNamesTheField(path: String, body: JSONValue)
            async throws
        {
            let answer = try await server.api.send("POST", server.api.sandboxPath(path), json: body)
            #expect(answer.status == 400)
            #expect(try answer.error().details.contains { $0.field.contains("stdin_open") }, "\(answer)")
        }

        /// The call need not be streamed when the client chose the id of the run.
        @Test func inputMayComeBeforeTheProgramHasStarted() async throws {
            try await server.withClient { client, sandbox in
                var request = request("cat")
                let id = ExecutionID()
                request.id = id
                async let first = client.exec(
                    ExecutionRequest(program: .command(["sleep", "0.5"])), in: sandbox)
                async let execution = client.exec(request, in: sandbox)
                let isKnown = try await eventually { (try? await client.getExecution(id, in: sandbox)) != nil }
                #expect(isKnown)
                try await client.writeInput(Array("early".utf8), to: id, in: sandbox, isLast: true)
                #expect(try await execution.stdout.text == "early")
                _ = try await first
            }
        }

        @Test func aRunOfItsOwnTakesInput() async throws {
            try await server.withClient { client, _ in
                let place = Screen()
                let execution = try await client.execute(
                    ExecuteRequest(language: "python", execution: request("print(input() + '!')", "python"))
                ) { event in
                    guard case .started(let id, let sandbox) = event else { return }
                    place.add(Array("started".utf8))
                    try await client.writeInput(Array("hello\n".utf8), to: id, in: sandbox, isLast: true)
                }
                #expect(execution.stdout.text == "hello!\n")
                #expect(place.text == "started")
            }
        }
    }
}
