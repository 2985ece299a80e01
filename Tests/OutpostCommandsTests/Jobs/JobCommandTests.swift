// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

struct JobCommandTests {
    private let id = "job_0123456789ab"

    private func request(_ arguments: [String], _ input: LocalInput, language: String?) throws -> JobRequest {
        let command = try JobSubmitCommand.parse(arguments)
        return try command.request(try ProgramText(command.program, from: input), language: language, input)
    }

    @Test func submitSaysAllThatTheCommandLineSays() throws {
        let input = localInput(standardInput: Array("in".utf8), files: ["a.py": Array("x".utf8)])
        let arguments = [
            "a.py", "--priority", "-7", "--max-attempts", "3", "--callback-url", "https://example.com/done",
            "--timeout", "2", "--memory", "64", "--env", "A=1", "--wait", "--", "-v", "one",
        ]
        let request = try request(arguments, input, language: "python")
        #expect(
            request
                == JobRequest(
                    execution: ExecutionRequest(
                        program: .code("x", language: nil), timeoutMilliseconds: 2000,
                        limits: ResourceLimitsRequest(memoryMiB: 64), stdin: Array("in".utf8),
                        arguments: ["-v", "one"], environment: [EnvironmentVariable(name: "A", value: "1")]),
                    language: "python", priority: -7, maxAttempts: 3, callbackURL: "https://example.com/done"))
        #expect(try JobRequest(request: request.json).priority == -7)
        #expect(try JobSubmitCommand.parse(arguments).wait)
    }

    @Test func submitLeavesTheRestToTheServer() throws {
        let request = try request(["-c", "x"], localInput(isTerminal: true), language: "python")
        let program = ExecutionRequest(program: .code("x", language: nil))
        #expect(request == JobRequest(execution: program, language: "python"))
    }

    @Test func aSandboxMayBeNamed() throws {
        let command = try JobSubmitCommand.parse(["-c", "x", "--sandbox", "sbx_0123456789ab"])
        #expect(command.sandbox?.rawValue == "sbx_0123456789ab")
        let request = try request(["-c", "x"], localInput(), language: nil)
        #expect(JobRequest.schemaInSandbox.validate(request.json).isEmpty)
    }

    @Test func listAsksForWhatItWasAskedFor() throws {
        let query = try JobListCommand.parse([
            "--status", "timed_out", "--page", "2", "--per-page", "50", "--order", "asc",
        ]).query
        let list = ListQuery<JobSortField>(page: 2, perPage: 50, order: .ascending)
        #expect(query == JobListQuery(list: list, status: .timedOut))
        #expect(try JobListCommand.parse([]).query == JobListQuery())
    }

    @Test func cancelTakesSeveralIds() throws {
        #expect(try JobCancelCommand.parse([id, "job_ffffffffffff"]).ids.count == 2)
        #expect(throws: (any Error).self) { try JobCancelCommand.parse([]) }
    }

    @Test func logsMayFollow() throws {
        #expect(try JobLogsCommand.parse([id, "-f"]).follow)
        #expect(try JobLogsCommand.parse(["--follow", id]).follow)
        #expect(try !JobLogsCommand.parse([id]).follow)
    }

    @Test(arguments: [
        ["submit", "-c", "x", "--priority", "high"], ["submit", "-c", "x", "--sandbox", "job_0123456789ab"],
        ["submit", "a.py", "-c", "x"], ["status"], ["status", "sbx_0123456789ab"], ["wait", "job_1"],
        ["logs", "job_0123456789AB"], ["list", "--status", "done"], ["secret", "extra"],
    ])
    func aMalformedCommandLineIsWrongUsage(arguments: [String]) {
        #expect(throws: (any Error).self) { try JobCommand.parseAsRoot(arguments) }
    }
}
