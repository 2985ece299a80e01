// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

struct VerdictTests {
    private static func execution(
        _ status: ExecutionStatus, _ stdout: String = "", exitCode: Int? = 0, cut: Bool = false,
        compile: Int?? = nil
    ) -> Execution {
        Execution(
            id: ExecutionID(), sandboxID: SandboxID(), status: status,
            stdout: CapturedOutput(bytes: Array(stdout.utf8), total: stdout.utf8.count + (cut ? 1 : 0)),
            exitCode: exitCode,
            compile: compile.map {
                CompileResult(stdout: .init(), stderr: .init(), exitCode: $0, durationMilliseconds: 1, cached: false)
            }, startedAt: Timestamp(milliseconds: 0), completedAt: Timestamp(milliseconds: 0))
    }

    @Test(arguments: [
        (execution(.succeeded, "4\n"), Verdict.accepted), (execution(.succeeded, "5\n"), .wrongAnswer),
        (execution(.succeeded, ""), .wrongAnswer), (execution(.failed, "4\n", exitCode: 1), .runtimeError),
        (execution(.failed, "4\n", exitCode: nil), .runtimeError), (execution(.diskFull, "4\n"), .runtimeError),
        (execution(.timedOut, "4\n", exitCode: nil), .timeLimitExceeded),
        (execution(.outOfMemory, "4\n", exitCode: nil), .memoryLimitExceeded),
        (execution(.succeeded, "4\n", cut: true), .outputLimitExceeded),
        (execution(.failed, "4\n", exitCode: 1, cut: true), .outputLimitExceeded),
        (execution(.timedOut, "4\n", exitCode: nil, cut: true), .timeLimitExceeded),
        (execution(.outOfMemory, "4\n", exitCode: nil, cut: true), .memoryLimitExceeded),
        (execution(.succeeded, "4\n", compile: .some(0)), .accepted),
        (execution(.compileFailed, exitCode: nil, compile: .some(1)), .compileError),
        (execution(.timedOut, exitCode: nil, compile: .some(nil)), .compileError),
    ]) func theFirstThatHoldsIsTheVerdict(_ execution: Execution, _ expected: Verdict) {
        #expect(Verdict(execution, of: JudgeTest(expectedStdout: "4"), .tokens) == expected)
    }

    @Test(arguments: [ExecutionStatus.sandboxError, .cancelled])
    func whatIsNotTheProgramsDoingHasNoVerdict(_ status: ExecutionStatus) {
        for compile: Int?? in [nil, .some(0)] {
            let execution = Self.execution(status, "4", exitCode: nil, compile: compile)
            #expect(Verdict(execution, of: JudgeTest(expectedStdout: "4"), .tokens) == nil)
        }
        let compiling = Self.execution(.cancelled, exitCode: nil, compile: .some(nil))
        #expect(Verdict(compiling, of: JudgeTest(), .tokens) == nil)
    }

    @Test func withoutExpectedOutputTheExitCodeDecides() {
        #expect(Verdict(Self.execution(.succeeded, "x"), of: JudgeTest(), .exact) == .accepted)
        #expect(Verdict(Self.execution(.failed, exitCode: 3), of: JudgeTest(), .exact) == .runtimeError)
        #expect(Verdict(Self.execution(.succeeded, "x", cut: true), of: JudgeTest(), .exact) == .outputLimitExceeded)
    }

    @Test func theComparisonThatWasAskedForDecides() {
        let execution = Self.execution(.succeeded, "4")
        #expect(Verdict(execution, of: JudgeTest(expectedStdout: "4\n"), .tokens) == .accepted)
        #expect(Verdict(execution, of: JudgeTest(expectedStdout: "4\n"), .exact) == .wrongAnswer)
        #expect(Verdict(execution, of: JudgeTest(expectedStdout: ""), .tokens) == .wrongAnswer)
    }
}
