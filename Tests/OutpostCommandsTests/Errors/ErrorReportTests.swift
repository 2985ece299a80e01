// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore
import Testing

@testable import OutpostCommands

/// The root command, as the program composes it.
private struct Root: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outpost", version: "1.2.3", subcommands: OutpostCommands.subcommands)
}

struct ErrorReportTests {
    private func report(parsing arguments: String...) -> ErrorReport? {
        do {
            _ = try Root.parseAsRoot(arguments)
            return nil
        } catch {
            return ErrorReport(error, in: Root.self)
        }
    }

    @Test func anErrorOfACallIsALineAndOne() {
        let report = ErrorReport(OutpostError(.notFound, "sandbox sbx_0 does not exist"), in: Root.self)
        #expect(report.lines == ["outpost: sandbox sbx_0 does not exist"])
        #expect(report.exitCode.rawValue == 1)
    }

    @Test func everyFieldAtFaultIsNamed() {
        let problems = [
            ParameterProblem(.given("language"), "is missing"),
            ParameterProblem(.given("env[2]"), "is no pair"),
        ]
        let report = ErrorReport(OutpostError(.invalidRequest, "two", details: problems), in: Root.self)
        #expect(report.lines == ["outpost: two", "  language is missing", "  env[2] is no pair"])
    }

    @Test func someoneWithoutATokenIsToldHowToGiveOne() {
        let report = ErrorReport(OutpostError(.unauthorized, "no credential"), in: Root.self)
        #expect(report.lines.last == "outpost: give a token with --token or OUTPOST_TOKEN")
    }

    @Test func aFullServerSaysWhenToTryAgain() {
        let report = ErrorReport(OutpostError(.unavailable, "full", retryAfter: 3), in: Root.self)
        #expect(report.lines == ["outpost: full", "outpost: try again in 3 s"])
    }

    @Test func anExitCodeIsTakenAsItIsWithoutAWord() {
        let report = ErrorReport(ExitCode(42), in: Root.self)
        #expect(report.lines.isEmpty)
        #expect(report.exitCode.rawValue == 42)
    }

    @Test func wrongUsageIsTwo() throws {
        #expect(ErrorReport(ValidationError("no program"), in: Root.self).exitCode.rawValue == 2)
        #expect(try #require(report(parsing: "sandbox", "lunch")).exitCode.rawValue == 2)
        #expect(try #require(report(parsing: "sandbox", "launch")).exitCode.rawValue == 2)
        #expect(try #require(report(parsing: "sandbox", "status", "../etc")).exitCode.rawValue == 2)
        #expect(try #require(report(parsing: "run", "--unknown")).exitCode.rawValue == 2)
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["help", "sandbox"], []])
    func helpIsNoError(arguments: [String]) async {
        #expect(await OutpostCommands.exitCode(of: Root.self, arguments: arguments) == 0)
    }

    @Test func theVersionIsNoError() throws {
        let version = try #require(report(parsing: "--version"))
        #expect(version.lines == ["1.2.3"])
        #expect(version.exitCode.isSuccess)
    }

    @Test func aCompletionScriptCanBeHad() throws {
        for shell in ["bash", "zsh", "fish"] {
            let report = try #require(self.report(parsing: "--generate-completion-script", shell))
            #expect(report.exitCode.isSuccess)
            #expect(report.lines.joined().contains("outpost"))
        }
    }
}
