// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore
import Testing

@testable import OutpostCommands

struct ExecutionReportTests {
    @Test func theExitCodeIsTheProgramsOwn() {
        #expect(ExecutionReport(.ended(.succeeded, exitCode: 0), limits: .init()).exitCode.rawValue == 0)
        #expect(ExecutionReport(.ended(.failed, exitCode: 7), limits: .init()).exitCode.rawValue == 7)
        #expect(ExecutionReport(.ended(.failed, exitCode: 255), limits: .init()).exitCode.rawValue == 255)
    }

    @Test func aSignalIs128AndItsNumber() {
        let report = ExecutionReport(.ended(.failed, signal: "SIGSEGV"), limits: .init())
        #expect(report.exitCode.rawValue == 139)
        #expect(report.notes.isEmpty)
    }

    @Test func aFailureIsNeverSuccess() {
        #expect(ExecutionReport(.ended(.failed), limits: .init()).exitCode.rawValue == 1)
        #expect(ExecutionReport(.ended(.diskFull, exitCode: 0), limits: .init()).exitCode.rawValue == 1)
    }

    @Test func aTimeoutIs124() {
        let report = ExecutionReport(.ended(.timedOut, signal: "SIGKILL"), limits: .init())
        #expect(report.exitCode.rawValue == 124)
        #expect(report.notes == ["timed out after 1.5 s"])
    }

    @Test func aTimeoutNamesTheLimitThatTheCallerSet() {
        let wall = Execution.ended(.timedOut, signal: "SIGKILL")
        #expect(ExecutionReport(wall, limits: .init(timeout: 1)).notes == ["timed out (limit 0.001 s)"])
        var cpu = wall
        cpu.limit = .cpu
        cpu.cpuTimeMilliseconds = 40
        #expect(
            ExecutionReport(cpu, limits: .init(cpuTime: 750)).notes == ["used up its processor time (limit 0.75 s)"])
        #expect(ExecutionReport(cpu, limits: .init(timeout: 1)).notes == ["used up its processor time (0.04 s)"])
        let full = Execution.ended(.diskFull, exitCode: 3)
        #expect(ExecutionReport(full, limits: .init(disk: 64)).notes == ["disk full (limit 64 MiB)"])
    }

    @Test func theLimitsOfAMessageAreThoseOfTheCommandLine() throws {
        let options = try RunOptions.parse(["--memory", "7", "--disk", "8", "--timeout", "0.001", "--cpu-time", "2"])
        #expect(options.knownLimits == KnownLimits(memory: 7, disk: 8, timeout: 1, cpuTime: 2000))
    }

    @Test func aJudgesVerdictsAreATableOnStandardOutput() {
        var judged = Execution.ended(.failed)
        judged.tests = [
            TestResult(verdict: .accepted, durationMilliseconds: 12.4, memoryPeakBytes: 3 << 20),
            TestResult(
                verdict: .wrongAnswer, durationMilliseconds: 7.6, memoryPeakBytes: (3 << 20) + 1, message: "line 2"),
            TestResult(verdict: .skipped),
        ]
        let report = ExecutionReport(judged, limits: .init())
        #expect(
            String(decoding: report.stdout, as: UTF8.self) == """
                TEST  VERDICT       TIME   MEMORY  MESSAGE
                1     accepted      12 ms  3 MiB   -
                2     wrong_answer  8 ms   4 MiB   line 2
                3     skipped       -      -       -

                """)
        #expect(report.exitCode.rawValue == 1)
    }

    @Test func outOfMemoryIs137AndNamesTheLimit() {
        let report = ExecutionReport(.ended(.outOfMemory, signal: "SIGKILL"), limits: .init(memory: 512))
        #expect(report.exitCode.rawValue == 137)
        #expect(report.errorBytes == Array("outpost: out of memory (limit 512 MiB)\n".utf8))
    }

    @Test func aLimitOfTheCompilerIsNotThatOfTheProgram() {
        var execution = Execution.ended(.outOfMemory)
        execution.compile = CompileResult(
            stdout: .init(), stderr: .init(), exitCode: nil, durationMilliseconds: 1, cached: false)
        let compiler = ExecutionReport(execution, limits: .init(memory: 512))
        #expect(compiler.notes == ["the compiler: out of memory (it used 300 MiB)"])
        execution.compile?.exitCode = 0
        #expect(ExecutionReport(execution, limits: .init(memory: 512)).notes == ["out of memory (limit 512 MiB)"])
    }

    @Test func outOfMemoryWithoutAKnownLimitNamesWhatWasUsed() {
        let report = ExecutionReport(.ended(.outOfMemory), limits: .init())
        #expect(report.notes == ["out of memory (it used 300 MiB)"])
    }

    @Test func aFullDiskIsSaidAndKeepsTheProgramsCode() {
        let report = ExecutionReport(.ended(.diskFull, exitCode: 3), limits: .init())
        #expect(report.exitCode.rawValue == 3)
        #expect(report.notes == ["disk full"])
    }

    @Test func aFailedCompileShowsTheCompilersWordsAndItsCode() {
        let compile = CompileResult(
            stdout: .init("out\n"), stderr: .init("main.go:1: no\n"), exitCode: 2, durationMilliseconds: 1,
            cached: false)
        let report = ExecutionReport(.ended(.compileFailed, compile: compile), limits: .init())
        #expect(report.exitCode.rawValue == 2)
        #expect(report.stdout.isEmpty)
        #expect(report.stderr == Array("out\nmain.go:1: no\n".utf8))
    }

    @Test func aCompilerThatASignalEndedGivesOne() {
        let compile = CompileResult(
            stdout: .init(), stderr: .init(), exitCode: nil, durationMilliseconds: 1, cached: false)
        #expect(
            ExecutionReport(.ended(.compileFailed, compile: compile), limits: .init()).exitCode.rawValue == 1)
    }

    @Test func theCompilersWarningsStayOutOfAProgramsOutput() {
        let compile = CompileResult(
            stdout: .init(), stderr: .init("warning\n"), exitCode: 0, durationMilliseconds: 1, cached: false)
        let run = Execution.ended(.succeeded, stderr: .init("own"), exitCode: 0, compile: compile)
        #expect(ExecutionReport(run, limits: .init()).errorBytes == Array("own".utf8))
    }

    @Test func aFaultOfTheServiceIs125WithItsMessage() {
        let report = ExecutionReport(.ended(.sandboxError, message: "the agent went away"), limits: .init())
        #expect(report.exitCode.rawValue == 125)
        #expect(report.notes == ["the agent went away"])
    }

    @Test func theOutputIsByteExact() {
        let bytes: [UInt8] = [0xFF, 0x00, 0x0D, 0x0A, 0xC3]
        let output = CapturedOutput(bytes: bytes, total: bytes.count)
        let report = ExecutionReport(.ended(.succeeded, stdout: output, stderr: output), limits: .init())
        #expect(report.stdout == bytes)
        #expect(report.errorBytes == bytes)
    }

    @Test func aNoteStartsOnItsOwnLine() {
        let open = ExecutionReport(.ended(.cancelled, stderr: .init("half")), limits: .init())
        #expect(open.errorBytes == Array("half\noutpost: the run was cancelled\n".utf8))
        let closed = ExecutionReport(.ended(.cancelled, stderr: .init("whole\n")), limits: .init())
        #expect(closed.errorBytes == Array("whole\noutpost: the run was cancelled\n".utf8))
    }

    @Test func cutOutputIsSaid() {
        let cut = CapturedOutput(bytes: [1, 2, 3], total: 10)
        let report = ExecutionReport(.ended(.succeeded, stdout: cut), limits: .init())
        #expect(report.notes == ["7 of 10 bytes of stdout are left out, after byte 3"])
        #expect(report.exitCode.rawValue == 0)
    }
}
