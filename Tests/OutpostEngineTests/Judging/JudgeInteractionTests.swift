// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// Which verdict follows from how a program and an interactor end, whoever is the first.
struct JudgeInteractionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let program: ExecutionStatus
        var exitCode: Int?
        let interactor: ExecutionStatus
        var said: Int?
        let first: JudgeInteraction.Side
        let verdict: Verdict?
        var testDescription: String { "\(program) \(exitCode ?? -1), \(interactor) \(said ?? -1), \(first) first" }
    }

    private static func program(
        _ program: ExecutionStatus, _ exitCode: Int?, _ interactor: ExecutionStatus, _ said: Int?, _ verdict: Verdict?
    ) -> Case {
        Case(
            program: program, exitCode: exitCode, interactor: interactor, said: said, first: .program, verdict: verdict)
    }

    private static func interactor(
        _ program: ExecutionStatus, _ exitCode: Int?, _ interactor: ExecutionStatus, _ said: Int?, _ verdict: Verdict?
    ) -> Case {
        Case(
            program: program, exitCode: exitCode, interactor: interactor, said: said, first: .interactor,
            verdict: verdict)
    }

    static let cases = [
        // A program that has ended by itself is judged by what the interactor makes of it.
        program(.succeeded, 0, .succeeded, 0, .accepted),
        program(.succeeded, 0, .failed, 1, .wrongAnswer),
        program(.succeeded, 0, .failed, 2, .wrongAnswer),
        program(.succeeded, 0, .failed, 3, .judgeError),
        program(.succeeded, 0, .failed, nil, .judgeError),
        program(.succeeded, 0, .timedOut, nil, .judgeError),
        program(.succeeded, 0, .outOfMemory, nil, .judgeError),
        program(.succeeded, 0, .cancelled, nil, nil),
        program(.succeeded, 0, .sandboxError, nil, nil),
        // What went wrong with it before is its own.
        program(.failed, 1, .failed, 2, .runtimeError),
        program(.failed, nil, .succeeded, 0, .runtimeError),
        program(.timedOut, nil, .cancelled, nil, .timeLimitExceeded),
        program(.outOfMemory, nil, .cancelled, nil, .memoryLimitExceeded),
        program(.diskFull, 1, .cancelled, nil, .runtimeError),
        program(.cancelled, nil, .cancelled, nil, nil),
        program(.sandboxError, nil, .cancelled, nil, nil),
        // What comes after the interactor's word does not change it, unless it was a good one.
        interactor(.cancelled, nil, .failed, 1, .wrongAnswer),
        interactor(.failed, 1, .failed, 2, .wrongAnswer),
        interactor(.timedOut, nil, .failed, 1, .wrongAnswer),
        interactor(.succeeded, 0, .failed, 1, .wrongAnswer),
        interactor(.cancelled, nil, .failed, 3, .judgeError),
        interactor(.succeeded, 0, .timedOut, nil, .judgeError),
        interactor(.succeeded, 0, .succeeded, 0, .accepted),
        interactor(.failed, 1, .succeeded, 0, .runtimeError),
        interactor(.timedOut, nil, .succeeded, 0, .timeLimitExceeded),
        interactor(.outOfMemory, nil, .succeeded, 0, .memoryLimitExceeded),
        interactor(.cancelled, nil, .succeeded, 0, nil),
        interactor(.cancelled, nil, .cancelled, nil, nil),
        interactor(.cancelled, nil, .sandboxError, nil, nil),
    ]

    @Test(
        arguments: [
            (.outOfMemory, true, .outputLimitExceeded), (.diskFull, true, .outputLimitExceeded),
            (.outOfMemory, false, .judgeError), (.failed, true, .judgeError), (.timedOut, true, .judgeError),
        ] as [(ExecutionStatus, Bool, Verdict)])
    func aProgramThatFloodsTheInteractorIsToBlame(status: ExecutionStatus, isPipeFull: Bool, verdict: Verdict) {
        let ending = JudgeInteraction.Ending(
            program: execution(.cancelled, nil), interactor: execution(status, nil), first: .interactor,
            isPipeFull: isPipeFull)
        #expect(ending.verdict(of: JudgeTest()) == verdict)
        #expect(ending.message(verdict)?.contains("the program wrote more") == (verdict == .outputLimitExceeded))
    }

    @Test(arguments: cases) func whoEndsFirstIsAskedFirst(test: Case) {
        let ending = JudgeInteraction.Ending(
            program: execution(test.program, test.exitCode), interactor: execution(test.interactor, test.said),
            first: test.first)
        #expect(ending.verdict(of: JudgeTest()) == test.verdict)
        if test.verdict == nil {
            #expect([.cancelled, .sandboxError].contains(ending.failed.status))
        }
    }

    private func execution(_ status: ExecutionStatus, _ exitCode: Int?) -> Execution {
        var execution = Execution(
            id: ExecutionID(), sandboxID: SandboxID(), status: status, startedAt: Timestamp(milliseconds: 0),
            completedAt: Timestamp(milliseconds: 0))
        execution.exitCode = exitCode
        return execution
    }

    private func judge(
        _ fixture: EngineFixture, tests: [JudgeTest], limits: ResourceLimitsRequest = .init()
    ) async throws -> Execution {
        let request = ExecutionRequest(
            program: .code("x", language: nil), limits: limits,
            environment: [EnvironmentVariable(name: "SECRET", value: "1")],
            judge: JudgeRequest(
                tests: tests,
                interactor: JudgeProgram(
                    language: "python", code: "talk", files: [SandboxFile(path: "testlib.h", content: [2])])))
        return try await fixture.engine.sandboxes.execute(request, language: "python", in: .default)
    }

    @Test func bothRunSideBySideWithTheEndsOfTwoPipes() async throws {
        let fixture = try await EngineFixture()
        let tests = [
            JudgeTest(stdin: Array("in".utf8), expectedStdout: "out", timeLimitMilliseconds: 1000), JudgeTest(),
        ]
        let execution = try await judge(fixture, tests: tests)
        #expect(execution.tests?.map(\.verdict) == [.accepted, .accepted])
        let interactors = fixture.driver.programs.filter { $0.arguments.contains("/tmp/judge/input") }
        let programs = fixture.driver.programs.filter { !$0.arguments.contains("/tmp/judge/input") }
        #expect(programs.count == 2 && interactors.count == 2)
        #expect(fixture.driver.handles.count == 4)
        for program in programs + interactors {
            #expect(program.stdin == [])
            #expect(program.pipes != nil)
        }
        #expect(Set(fixture.driver.programs.compactMap(\.pipes)).count == 4)
        let first = try #require(interactors.first)
        #expect(first.arguments.suffix(3) == ["/tmp/judge/input", "/tmp/judge/output", "/tmp/judge/answer"])
        let files = Dictionary(uniqueKeysWithValues: first.files.map { ($0.path, $0.content) })
        #expect(files["/tmp/judge/input"] == Array("in".utf8))
        #expect(files["/tmp/judge/answer"] == Array("out".utf8))
        #expect(files["/tmp/judge/output"] == nil)
        #expect(files["/workspace/testlib.h"] == [2])
        #expect(!first.environment.contains { $0.name == "SECRET" })
        // It outlasts the program, whose stop may come at a hundred times 4 s.
        #expect(first.limits.timeoutMilliseconds == 430_000)
        #expect(first.cpuTimeMilliseconds == nil)
    }

    @Test func neitherStartsFromAnInterpreterThatWaits() async throws {
        let fixture = try await EngineFixture()
        _ = try await judge(fixture, tests: [JudgeTest(), JudgeTest(), JudgeTest()])
        #expect(fixture.driver.starts.isEmpty)
    }

    @Test func anInteractorOfAnUnknownLanguageIsRefused() async throws {
        let fixture = try await EngineFixture()
        let request = ExecutionRequest(
            program: .code("x", language: nil),
            judge: JudgeRequest(tests: [JudgeTest()], interactor: JudgeProgram(language: "cobol", code: "")))
        let error = try await #require(throws: OutpostError.self) {
            try await fixture.engine.sandboxes.execute(request, language: "python", in: .default)
        }
        #expect(error.details.first?.parameter == .interactor / .language)
    }
}
