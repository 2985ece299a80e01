// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

@Suite struct ProjectRunTests {
    /// A folder `p` with these files, of which `tool` may be executed.
    private func input(_ names: [String], leftOut: [String] = []) -> LocalInput {
        var input = localInput(
            isTerminal: true, files: Dictionary(uniqueKeysWithValues: names.map { ("p/\($0)", Array($0.utf8)) }))
        input.isFolder = { $0 == "p" || $0 == "./p/" }
        input.folder = { _ in ProjectFolder(files: names, leftOut: leftOut) }
        input.mode = { $0.hasSuffix("tool") ? 0o755 : 0o644 }
        return input
    }

    private func request(_ arguments: [String], _ input: LocalInput) throws -> ExecutionRequest {
        let command = try RunCommand.parse(arguments)
        let text = try ProgramText(command.program, command: command.command, from: input)
        return try command.request(text, language: "python", input).execution
    }

    @Test func ofAFolderTheMainFileIsRunWithTheOthersBesideIt() throws {
        let run = try request(["p", "--", "x"], input(["lib/a.py", "main.py", "tool"]))
        #expect(run.program == .code("main.py", language: nil))
        #expect(run.files.map(\.path) == ["lib/a.py", "tool"])
        #expect(run.files.map(\.mode) == [0o644, 0o755])
        #expect(run.arguments == ["x"])
    }

    @Test func aCommandRunsInTheFolderThatIsSentWithIt() throws {
        let run = try request(["p", "--command", "--", "pytest", "-q"], input(["main.py", "test_a.py"]))
        #expect(run.program == .command(["pytest", "-q"]))
        #expect(run.files.map(\.path) == ["main.py", "test_a.py"])
        #expect(run.arguments == [])
    }

    @Test func aCommandTakesNoFile() {
        #expect(throws: ValidationError.self) { try request(["a.py", "--command", "--", "ls"], input(["a.py"])) }
    }

    @Test func aFolderMayGoBesideAProgram() throws {
        let run = try request(["-c", "x", "--file", "p"], input(["a", "b/c"]))
        #expect(run.files.map(\.path) == ["p/a", "p/b/c"])
    }

    @Test func whatIsSentIsSaid() throws {
        final class Words { var said: [String] = [] }
        let words = Words()
        var input = input(["a", "b"], leftOut: ["link"])
        input.say = { words.said.append($0) }
        _ = try request(["-c", "x", "--file", "p"], input)
        #expect(words.said == ["sending p: 2 files, 2 bytes; left out: link"])
    }

    @Test(arguments: [
        ["--command"], ["--command", "-c", "x", "--", "ls"], ["--user", "nobody", "-c", "x"],
        ["--preset", "weak", "-c", "x"],
    ]) func whatMakesNoSenseIsWrongUsage(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try RunCommand.parse(arguments) }
    }
}
