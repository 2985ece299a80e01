// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

struct SandboxCommandTests {
    private let id = "sbx_0123456789ab"

    @Test func launchSaysAllThatTheCommandLineSays() throws {
        let request = try SandboxLaunchCommand.parse([
            "--language", "python", "--mode", "stateful", "--memory", "512", "--cpu", "2", "--timeout", "60",
            "--disk", "2048", "--name", "crunch", "--env", "A=1", "--working-dir", "/srv", "--ttl", "3600",
            "--idle-timeout", "600", "--metadata", "team=search", "--metadata", "k=a=b",
        ]).request
        #expect(
            request
                == SandboxRequest(
                    language: "python", mode: .stateful,
                    limits: ResourceLimitsRequest(
                        memoryMiB: 512, cpuCores: 2, timeoutMilliseconds: 60_000, diskMiB: 2048),
                    environment: [EnvironmentVariable(name: "A", value: "1")], workingDirectory: "/srv",
                    name: "crunch", metadata: ["team": "search", "k": "a=b"], timeToLiveSeconds: 3600,
                    idleTimeoutSeconds: 600))
        #expect(try SandboxRequest(request: request.json.bytes) == request)
    }

    @Test func launchLeavesTheRestToTheServer() throws {
        let request = try SandboxLaunchCommand.parse(["--language", "go"]).request
        #expect(request == SandboxRequest(language: "go"))
    }

    @Test func listAsksForWhatItWasAskedFor() throws {
        let query = try SandboxListCommand.parse([
            "--page", "2", "--per-page", "50", "--status", "ready", "--language", "python", "--mode", "stateful",
            "--sort", "last_used_at", "--order", "asc",
        ]).query
        let list = ListQuery<SandboxSortField>(page: 2, perPage: 50, sort: .lastUsedAt, order: .ascending)
        #expect(query == SandboxListQuery(list: list, status: .ready, language: "python", mode: .stateful))
        #expect(try SandboxListCommand.parse([]).query == SandboxListQuery())
    }

    @Test func execRunsTextInTheSandboxsLanguage() throws {
        let command = try SandboxExecCommand.parse([id, "-c", "print(2 + 2)"])
        #expect(command.id.rawValue == id)
        #expect(
            try command.request(localInput(isTerminal: true))
                == ExecutionRequest(program: .code("print(2 + 2)", language: nil), isInputOpen: true))
    }

    @Test func anAnswerAtTheEndNeedsTheInputAtTheStart() throws {
        for option in [["--json"], ["--interleaved"], ["--max-output", "5"], ["--output-keep", "head"]] {
            let command = try SandboxExecCommand.parse([id, "-c", "cat"] + option)
            #expect(try !command.request(localInput(isTerminal: true)).isInputOpen)
            #expect(try command.request(localInput(standardInput: [1])).stdin == [1])
        }
    }

    @Test func execRunsAFileWithArguments() throws {
        let command = try SandboxExecCommand.parse([id, "a.sh", "--language", "bash", "--", "-x", "1"])
        let request = try command.request(localInput(files: ["a.sh": Array("ls".utf8)]))
        #expect(request.program == .code("ls", language: "bash"))
        #expect(request.arguments == ["-x", "1"])
    }

    @Test func execRunsACommandThatNoShellSees() throws {
        let command = try SandboxExecCommand.parse([id, "--command", "--timeout", "1", "--", "ls", "-l", "*"])
        let request = try command.request(localInput(standardInput: [1]))
        #expect(request.program == .command(["ls", "-l", "*"]))
        #expect(request.arguments.isEmpty)
        #expect(request.stdin == [1])
        #expect(try ExecutionRequest(request: request.json.bytes).program == request.program)
    }

    @Test(arguments: [["--command"], ["--command", "-c", "x", "--", "ls"]])
    func aCommandStandsAlone(arguments: [String]) {
        #expect(throws: (any Error).self) { try SandboxExecCommand.parse([id] + arguments) }
    }

    @Test func deleteTakesSeveralIds() throws {
        #expect(try SandboxDeleteCommand.parse([id, "sbx_ffffffffffff"]).ids.count == 2)
        #expect(throws: (any Error).self) { try SandboxDeleteCommand.parse([]) }
        #expect(throws: (any Error).self) { try SandboxDeleteCommand.parse(["exec_0123456789ab"]) }
    }

    @Test func oneThatCannotBeDeletedDoesNotKeepTheOthers() async {
        var asked: [String] = []
        await #expect(throws: (any Error).self) {
            try await deleteAll(["a", "b", "c"], json: false) { name in
                asked.append(name)
                if name == "b" { throw OutpostError(.notFound, "b does not exist") }
            }
        }
        #expect(asked == ["a", "b", "c"])
    }
}
