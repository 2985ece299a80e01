// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore
import Testing

@testable import OutpostCommands

struct ProgramTextTests {
    private func program(_ arguments: String...) throws -> ProgramOptions { try ProgramOptions.parse(arguments) }

    @Test func aFilesTextIsReadAndStandardInputIsThePrograms() throws {
        let input = localInput(standardInput: [0xFF], files: ["a.py": Array("print(1)".utf8)])
        let text = try ProgramText(try program("a.py"), from: input)
        #expect(text.path == "a.py")
        #expect(text.code == "print(1)")
        #expect(text.stdin == [0xFF])
    }

    @Test func nobodyWaitsForAPersonAtTheTerminal() throws {
        let input = localInput(isTerminal: true, standardInput: [1], files: ["a.py": []])
        #expect(try ProgramText(try program("a.py"), from: input).stdin.isEmpty)
    }

    @Test func aDashReadsTheTextFromStandardInputAndLeavesTheProgramNone() throws {
        for arguments in [["-"], []] {
            let options = try ProgramOptions.parse(arguments)
            let text = try ProgramText(options, from: localInput(standardInput: Array("exit".utf8)))
            #expect(text.path == nil)
            #expect(text.code == "exit")
            #expect(text.stdin.isEmpty)
        }
    }

    @Test func textOnTheCommandLineIsTakenAsItIs() throws {
        let text = try ProgramText(try program("-c", "print(2 + 2)"), from: localInput(standardInput: [7]))
        #expect(text.code == "print(2 + 2)")
        #expect(text.stdin == [7])
    }

    @Test func noProgramAtATerminalIsWrongUsage() throws {
        let options = try program()
        #expect(throws: ValidationError.self) { try ProgramText(options, from: localInput(isTerminal: true)) }
    }

    @Test func textThatIsNotUTF8IsRefused() throws {
        let options = try program("a.py")
        #expect(throws: OutpostError.self) {
            try ProgramText(options, from: localInput(files: ["a.py": [0xC3]]))
        }
    }

    @Test func aFileAndTextTogetherAreWrongUsage() {
        #expect(throws: (any Error).self) { try program("-c", "1", "a.py") }
    }
}
