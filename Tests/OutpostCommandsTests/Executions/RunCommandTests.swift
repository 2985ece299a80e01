// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

struct RunCommandTests {
    private func request(_ arguments: [String], _ input: LocalInput) throws -> ExecuteRequest {
        let command = try RunCommand.parse(arguments)
        return try command.request(try ProgramText(command.program, from: input), language: "python", input)
    }

    @Test func theRequestSaysAllThatTheCommandLineSays() throws {
        let input = localInput(
            standardInput: Array("in".utf8), files: ["a.py": Array("x".utf8), "data/b.csv": Array("1,2".utf8)])
        let request = try request(
            [
                "a.py", "--env", "K=V=W", "--env", "E=", "--timeout", "2.5", "--cpu-time", "0.75", "--memory", "64",
                "--cpu", "0.5",
                "--working-dir", "/tmp", "--file", "data/b.csv", "--", "-v", "--json", "last",
            ], input)
        #expect(request.language == "python")
        let run = request.execution
        #expect(run.program == .code("x", language: nil))
        #expect(run.stdin == Array("in".utf8))
        #expect(run.timeoutMilliseconds == 2500)
        #expect(run.cpuTimeMilliseconds == 750)
        #expect(run.limits == ResourceLimitsRequest(memoryMiB: 64, cpuCores: 0.5))
        #expect(run.environment.map(\.name) == ["K", "E"])
        #expect(run.environment.map(\.value) == ["V=W", ""])
        #expect(run.workingDirectory == "/tmp")
        #expect(run.files == [SandboxFile(path: "data/b.csv", content: Array("1,2".utf8))])
        #expect(run.arguments == ["-v", "--json", "last"])
    }

    @Test func theServerTakesTheRequest() throws {
        let input = localInput(standardInput: [0xFF, 0xFE], files: ["a.py": Array("x".utf8)])
        let request = try request(["a.py", "--timeout", "1", "--", "one"], input)
        let read = try ExecuteRequest(request: request.json.bytes)
        #expect(read.execution.stdin == [0xFF, 0xFE])
        #expect(read.execution.timeoutMilliseconds == 1000)
        #expect(read.execution.arguments == ["one"])
    }

    @Test func inputThatIsNotTextTravelsAsBase64() throws {
        let request = try request(["-c", "x"], localInput(standardInput: [0xFF]))
        #expect(request.json["stdin_base64"] == "/w==")
        #expect(request.json["stdin"] == nil)
    }

    @Test(arguments: [
        ("a/b.csv", "a/b.csv"), ("./a.csv", "a.csv"), ("/etc/hosts", "hosts"), ("../up/c.txt", "c.txt"),
        ("a/../../c.txt", "c.txt"),
    ])
    func aLocalFileHasItsPlaceInTheSandbox(local: String, place: String) {
        #expect(placeInSandbox(local) == place)
    }

    @Test(arguments: [
        ["hostname", "b/../c/hostname"], ["/etc/hostname", "../hostname"], ["a", "a"], ["a", "./a"], ["d/a", "d//a"],
        ["/x/a", "a"], ["../a", "a"], ["x", "y", "x"], ["d/./a", "d/a"], ["/a", "/b/a"],
    ])
    func twoFilesOfOnePlaceAreWrongUsage(paths: [String]) {
        let arguments = ["-c", "x"] + paths.flatMap { ["--file", $0] }
        #expect(throws: (any Error).self) { try RunCommand.parse(arguments) }
    }

    @Test(arguments: [
        ["--disk", "0"], ["--processes", "0"], ["--max-output", "0"], ["--max-output", "-1"], ["--disk", "x"],
        ["--stack", "0"], ["--max-file", "0"], ["--output-keep", "tail"], ["--cpu-time", "x"],
    ])
    func aLimitOfNothingIsWrongUsage(arguments: [String]) {
        #expect(throws: (any Error).self) { try RunCommand.parse(["-c", "x"] + arguments) }
    }

    @Test func everyLimitIsSent() throws {
        let request = try request(
            [
                "-c", "x", "--disk", "7", "--processes", "8", "--max-output", "9", "--stack", "10", "--max-file", "11",
                "--output-keep", "head", "--cpu-time", "1.5",
            ], localInput())
        #expect(request.execution.limits.diskMiB == 7)
        #expect(request.execution.limits.maxProcesses == 8)
        #expect(request.execution.limits.maxOutputBytes == 9)
        #expect(request.execution.limits.stackMiB == 10)
        #expect(request.execution.limits.maxFileBytes == 11)
        #expect(request.execution.outputKeep == .head)
        #expect(request.execution.cpuTimeMilliseconds == 1500)
    }

    @Test func aFileThatIsNotThereIsAnError() throws {
        let input = localInput()
        #expect(throws: OutpostError.self) { try request(["-c", "x", "--file", "none"], input) }
    }

    @Test(arguments: [
        ["--timeout", "0"], ["--timeout", "-1"], ["--timeout", "nan"], ["--timeout", "inf"], ["--timeout", "1e300"],
        ["--cpu", "nan"], ["--memory", "much"], ["--env", "NAME"], ["--env", "=V"], ["--namespace", "Not A Name"],
    ])
    func aMalformedOptionIsWrongUsage(arguments: [String]) {
        #expect(throws: (any Error).self) { try RunCommand.parse(["-c", "x"] + arguments) }
    }

    @Test func theShortestTimeoutIsAMillisecond() throws {
        #expect(try RunCommand.parse(["--timeout", "0.0001"]).options.limits.timeout == 1)
    }
}
