// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import Testing

@testable import OutpostEngine

/// What the driver measured, as the API says it.
struct RunReportTests {
    private let start = ManualClock().now
    private var report: RunReport { RunReport(id: ExecutionID(), sandbox: SandboxID(), startedAt: start) }

    @Test(arguments: [
        (ProgramResult.Cause.timeout, ExecutionStatus.timedOut), (.memory, .outOfMemory), (.diskFull, .diskFull),
        (.cancelled, .cancelled),
    ])
    func aCauseCountsMoreThanHowTheProgramEnded(cause: ProgramResult.Cause, status: ExecutionStatus) {
        for end in [ProgramResult.End.exited(0), .exited(137), .signalled("SIGKILL"), .notStarted("no\n")] {
            let result = ProgramResult.ended(end, cause: cause)
            #expect(report.execution(result, compile: nil, completedAt: start).status == status)
        }
    }

    @Test func anExitCodeIsTheProgramsOwn() {
        let good = report.execution(.exited(0), compile: nil, completedAt: start)
        #expect(good.status == .succeeded)
        #expect(good.exitCode == 0)
        #expect(good.signal == nil)
        let bad = report.execution(.exited(137), compile: nil, completedAt: start)
        #expect(bad.status == .failed)
        #expect(bad.exitCode == 137)
    }

    @Test func aSignalLeavesNoExitCode() {
        let execution = report.execution(.ended(.signalled("SIGSEGV")), compile: nil, completedAt: start)
        #expect(execution.status == .failed)
        #expect(execution.exitCode == nil)
        #expect(execution.signal == "SIGSEGV")
    }

    @Test func aProgramThatCannotStartIsWhatAShellSaysOfIt() {
        let execution = report.execution(.ended(.notStarted("no such file\n")), compile: nil, completedAt: start)
        #expect(execution.status == .failed)
        #expect(execution.exitCode == 127)
        let found = report.execution(.ended(.notStarted("no permission", code: 126)), compile: nil, completedAt: start)
        #expect(found.exitCode == 126)
        #expect(execution.stderr == CapturedOutput(bytes: Array("no such file\n".utf8), total: 13))
    }

    @Test(
        arguments: [
            (ProgramResult.ended(.exited(1), stderr: "error"), ExecutionStatus.compileFailed, 1, nil),
            (.ended(.signalled("SIGSEGV")), .compileFailed, nil, nil),
            (.ended(.notStarted("gone")), .compileFailed, 127, nil),
            (.ended(.signalled("SIGKILL"), cause: .timeout), .timedOut, nil, "the compiler ran out of time"),
            (.ended(.signalled("SIGKILL"), cause: .memory), .outOfMemory, nil, "the compiler ran out of memory"),
            (.ended(.exited(1), cause: .diskFull), .diskFull, 1, "the compiler filled its disk"),
            (.ended(.exited(1), cause: .cancelled), .cancelled, 1, nil),
        ] as [(ProgramResult, ExecutionStatus, Int?, String?)])
    func aFailedCompilerIsReportedAsSuch(
        result: ProgramResult, status: ExecutionStatus, exitCode: Int?, message: String?
    ) {
        let execution = report.failedCompile(result, completedAt: start)
        #expect(execution.status == status)
        #expect(execution.exitCode == nil, "the program never ran")
        #expect(execution.message == message)
        #expect(execution.compile?.exitCode == exitCode)
        #expect(execution.stdout == CapturedOutput())
    }
}
