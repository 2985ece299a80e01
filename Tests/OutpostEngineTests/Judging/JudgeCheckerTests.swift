// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// A judge's own program through the engine.
struct JudgeCheckerTests {
    /// Programs write their input; a checker ends as the answer says that it is given.
    private func fixture(
        _ checker: @escaping @Sendable (String) throws(OutpostError) -> ProgramResult
    ) async throws -> EngineFixture {
        let fixture = try await EngineFixture()
        fixture.driver.change { state in
            state.onRun = { (program) throws(OutpostError) in
                guard let output = program.files.first(where: { $0.path == "/tmp/judge/output" }) else {
                    return .ended(.exited(0), stdout: String(decoding: program.stdin, as: UTF8.self))
                }
                return try checker(String(decoding: output.content, as: UTF8.self))
            }
        }
        return fixture
    }

    private func judge(
        _ fixture: EngineFixture, _ inputs: [String], language: String = "python", stopsOnFailure: Bool = false
    ) async throws -> Execution {
        let request = ExecutionRequest(
            program: .code("x", language: nil), environment: [EnvironmentVariable(name: "SECRET", value: "1")],
            files: [SandboxFile(path: "theirs", content: [1])],
            judge: JudgeRequest(
                tests: inputs.map { JudgeTest(stdin: Array($0.utf8), expectedStdout: "wanted") },
                checker: JudgeProgram(
                    language: language, code: "check", files: [SandboxFile(path: "testlib.h", content: [2])]),
                stopsOnFailure: stopsOnFailure))
        return try await fixture.engine.sandboxes.execute(request, language: "python", in: .default)
    }

    private static let endings: [(ProgramResult, Verdict, String?)] = [
        (.exited(0), .accepted, nil), (.exited(1), .wrongAnswer, nil), (.exited(2), .wrongAnswer, nil),
        (.exited(3), .judgeError, "the checker ended with exit code 3"),
        (.exited(7), .judgeError, "the checker ended with exit code 7"),
        (.exited(137), .judgeError, "the checker ended with exit code 137"),
        (.ended(.signalled("SIGSEGV")), .judgeError, "the checker was ended by SIGSEGV"),
        (.ended(.signalled("SIGKILL"), cause: .timeout), .judgeError, "the checker ran out of time"),
        (.ended(.signalled("SIGKILL"), cause: .memory), .judgeError, "the checker ran out of memory"),
        (.ended(.exited(1), cause: .diskFull), .judgeError, "the checker filled its disk"),
        (.ended(.notStarted("no such file")), .judgeError, "the checker ended with exit code 127: no such file"),
        (.ended(.exited(0), stderr: "ok 3 numbers"), .accepted, "ok 3 numbers"),
        (.ended(.exited(1), stdout: "differs"), .wrongAnswer, "differs"),
        (.ended(.exited(2), stdout: "a", stderr: "b"), .wrongAnswer, "b"),
        (.ended(.exited(3), stderr: "FAIL"), .judgeError, "the checker ended with exit code 3: FAIL"),
    ]

    @Test(arguments: endings)
    func theExitCodeIsTheVerdict(end: ProgramResult, verdict: Verdict, message: String?) async throws {
        let fixture = try await fixture { _ in end }
        let execution = try await judge(fixture, ["1"])
        #expect(execution.tests?.map(\.verdict) == [verdict])
        #expect(execution.tests?.first?.message == message)
        #expect(execution.status == (verdict == .accepted ? .succeeded : .failed))
        // What the checker used is not the program's.
        #expect(execution.cpuTimeMilliseconds == 1)
    }

    @Test func itIsGivenInputOutputAndAnswerInASandboxOfItsOwn() async throws {
        let fixture = try await fixture { _ in .exited(0) }
        _ = try await judge(fixture, ["one", "two"])
        #expect(fixture.driver.programs.count == 4)
        #expect(fixture.driver.handles.count == 4)
        for (checker, input) in zip([fixture.driver.programs[1], fixture.driver.programs[3]], ["one", "two"]) {
            #expect(checker.arguments.suffix(3) == ["/tmp/judge/input", "/tmp/judge/output", "/tmp/judge/answer"])
            let files = Dictionary(uniqueKeysWithValues: checker.files.map { ($0.path, $0.content) })
            #expect(files["/tmp/judge/input"] == Array(input.utf8))
            #expect(files["/tmp/judge/output"] == Array(input.utf8))
            #expect(files["/tmp/judge/answer"] == Array("wanted".utf8))
            #expect(files["/workspace/testlib.h"] == [2])
            #expect(files["/workspace/theirs"] == nil)
            #expect(!checker.environment.contains { $0.name == "SECRET" })
            #expect(checker.stdin.isEmpty)
            #expect(!checker.stopsAtOutputLimit)
        }
    }

    @Test func whatIsNoAnswerIsNotChecked() async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { $0.onRun = { (_) throws(OutpostError) in .exited(4) } }
        let execution = try await judge(fixture, ["1", "2"])
        #expect(execution.tests?.map(\.verdict) == [.runtimeError, .runtimeError])
        #expect(fixture.driver.programs.count == 2)
    }

    @Test func afterAFailureTheRestIsSkipped() async throws {
        let fixture = try await fixture { .exited($0 == "no" ? 1 : 0) }
        let execution = try await judge(fixture, ["yes", "no", "yes"], stopsOnFailure: true)
        #expect(execution.tests?.map(\.verdict) == [.accepted, .wrongAnswer, .skipped])
    }

    @Test func aFailureOfThePlatformIsNoVerdict() async throws {
        let fixture = try await fixture { (answer) throws(OutpostError) in
            if answer == "no" { throw OutpostError(.internal, "the sandbox failed") }
            return .exited(0)
        }
        let execution = try await judge(fixture, ["yes", "no", "yes"])
        #expect(execution.status == .sandboxError)
        #expect(execution.tests?.map(\.verdict) == [.accepted, .skipped, .skipped])
    }

    @Test func aCheckerThatDoesNotCompileJudgesNothingAndNothingIsRun() async throws {
        let fixture = try await fixture { _ in .exited(0) }
        fixture.driver.change { state in
            state.onRun = { (program) throws(OutpostError) in
                program.arguments.contains("build") ? .ended(.exited(1), stderr: "main.go:1: no") : .exited(0)
            }
        }
        let execution = try await judge(fixture, ["1", "2"], language: "go")
        #expect(execution.status == .failed)
        #expect(execution.tests?.map(\.verdict) == [.judgeError, .judgeError])
        #expect(execution.message == "the checker does not compile: main.go:1: no")
        #expect(execution.tests?.first?.message == execution.message)
        #expect(execution.compile == nil)
        #expect(fixture.driver.programs.count == 1)
    }

    @Test func aLanguageThatIsNotKnownIsRefusedBeforeAnythingRuns() async throws {
        let fixture = try await fixture { _ in .exited(0) }
        let error = await #expect(throws: OutpostError.self) { try await judge(fixture, ["1"], language: "cobol") }
        #expect(error?.code == .invalidRequest)
        #expect(error?.details.map(\.parameter) == [Parameter.checker / .language])
        #expect(fixture.driver.programs.isEmpty)
    }
}
