// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// A judge's run through the engine.
struct JudgeRunTests {
    /// A program that ends as its first argument says, and writes its input.
    private func fixture(
        _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws -> EngineFixture {
        let fixture = try await EngineFixture(configure)
        fixture.driver.change { state in
            state.onRun = { (program) throws(OutpostError) in
                switch program.arguments.last {
                case "broken": throw OutpostError(.internal, "the sandbox failed")
                case "refused": throw OutpostError(.insufficientStorage, "full")
                // What reads the compiler's output.
                case "status=none": return .ended(.exited(0), stdout: "a program")
                case "slow": return .ended(.signalled("SIGKILL"), cause: .timeout)
                default: return .ended(.exited(0), stdout: String(decoding: program.stdin, as: UTF8.self))
                }
            }
        }
        return fixture
    }

    private func judge(
        _ fixture: EngineFixture, _ tests: [JudgeTest], stopsOnFailure: Bool = false, arguments: [String] = []
    ) async throws -> Execution {
        let request = ExecutionRequest(
            program: .code("x", language: nil), arguments: arguments,
            judge: JudgeRequest(tests: tests, stopsOnFailure: stopsOnFailure))
        return try await fixture.engine.sandboxes.execute(request, language: "python", in: .default)
    }

    private func test(_ input: String, _ expected: String?, _ arguments: String...) -> JudgeTest {
        JudgeTest(stdin: Array(input.utf8), arguments: arguments, expectedStdout: expected)
    }

    private func verdicts(_ execution: Execution) -> [Verdict]? { execution.tests?.map(\.verdict) }

    @Test func eachTestHasItsOwnSandboxInputArgumentsAndLimits() async throws {
        let fixture = try await fixture()
        let tests = [
            JudgeTest(stdin: [0x31], arguments: ["b", "c"], timeLimitMilliseconds: 70, memoryLimitMiB: 64), JudgeTest(),
        ]
        let execution = try await judge(fixture, tests, arguments: ["a"])
        #expect(execution.status == .succeeded)
        #expect(verdicts(execution) == [.accepted, .accepted])
        let programs = fixture.driver.programs
        #expect(programs.map { Array($0.arguments.dropFirst(2)) } == [["a", "b", "c"], ["a"]])
        #expect(programs.map(\.stdin) == [[0x31], []])
        #expect(programs.map(\.cpuTimeMilliseconds) == [70, nil])
        #expect(programs.map(\.limits.timeoutMilliseconds) == [1210, 30_000])
        #expect(programs.map(\.stopsAtOutputLimit) == [true, true])
        #expect(programs.map(\.outputKeep) == [.head, .head])
        #expect(programs.map(\.limits.memoryMiB) == [64, 512])
        #expect(fixture.driver.handles.count == 2)
        await fixture.driver.events.wait(for: "destroy", times: 2)
    }

    @Test func theExecutionAddsUpItsTests() async throws {
        let fixture = try await fixture()
        let execution = try await judge(fixture, [test("1", "1"), test("2", "1"), test("3", nil)])
        #expect(execution.status == .failed)
        #expect(verdicts(execution) == [.accepted, .wrongAnswer, .accepted])
        #expect(execution.tests?.map { $0.stdout.bytes } == [[0x31], [0x32], [0x33]])
        #expect(execution.durationMilliseconds == 6)
        #expect(execution.cpuTimeMilliseconds == 3)
        #expect(execution.memoryPeakBytes == 4096)
        #expect(execution.stdout == CapturedOutput())
        #expect(execution.exitCode == nil)
        #expect(execution.compile == nil)
        #expect(fixture.counts.executions == [.failed: 1])
        #expect(fixture.engine.runsInProgress == 0)
    }

    @Test func afterAFailureTheRestIsSkippedIfThatIsAskedFor() async throws {
        let fixture = try await fixture()
        let tests = [test("1", "1"), test("1", "2"), test("1", "1")]
        #expect(try await verdicts(judge(fixture, tests)) == [.accepted, .wrongAnswer, .accepted])
        #expect(
            try await verdicts(judge(fixture, tests, stopsOnFailure: true)) == [.accepted, .wrongAnswer, .skipped])
        #expect(fixture.driver.programs.count == 5)
    }

    @Test func aFailureOfThePlatformIsNoVerdict() async throws {
        let fixture = try await fixture()
        let tests = [test("", nil, "slow"), test("", nil, "broken"), test("", nil)]
        let execution = try await judge(fixture, tests)
        #expect(execution.status == .sandboxError)
        #expect(execution.message == "the sandbox failed")
        #expect(verdicts(execution) == [.timeLimitExceeded, .skipped, .skipped])
    }

    @Test func whatTheCallerCanActOnIsAnErrorAndNoExecution() async throws {
        let fixture = try await fixture()
        let error = try await code { _ = try await judge(fixture, [test("", nil), test("", nil, "refused")]) }
        #expect(error == .insufficientStorage)
        #expect(fixture.engine.runsInProgress == 0)
        await fixture.driver.events.wait(for: "destroy", times: 2)
    }

    @Test func aTestsLimitAboveTheMaximumIsRefusedBeforeAnythingRuns() async throws {
        let fixture = try await fixture()
        let tests = [test("", nil), JudgeTest(memoryLimitMiB: 8193)]
        #expect(try await code { _ = try await judge(fixture, tests) } == .unprocessable)
        #expect(fixture.driver.programs.isEmpty)
        #expect(fixture.driver.launches.isEmpty)
    }

    @Test func aStatefulSandboxJudgesNothing() async throws {
        let fixture = try await fixture()
        let request = ExecutionRequest(program: .code("", language: nil), judge: JudgeRequest(tests: [JudgeTest()]))
        let stateful = try await fixture.create(.stateful)
        #expect(
            try await code { _ = try await fixture.engine.sandboxes.exec(request, id: stateful, in: .default) }
                == .invalidRequest)
        let ephemeral = try await fixture.create(.ephemeral)
        let execution = try await fixture.engine.sandboxes.exec(request, id: ephemeral, in: .default)
        #expect(verdicts(execution) == [.accepted])
    }

    @Test func whenTheSandboxIsDeletedTheRestIsSkipped() async throws {
        let fixture = try await fixture()
        let id = try await fixture.create(.ephemeral)
        let request = ExecutionRequest(
            program: .command(["hold"]),
            judge: JudgeRequest(tests: ["one", "two", "three"].map { JudgeTest(arguments: [$0]) }))
        let task = Task { try await fixture.engine.sandboxes.exec(request, id: id, in: .default) }
        await fixture.driver.events.wait(for: "start one")
        fixture.driver.held.finish("one")
        await fixture.driver.events.wait(for: "start two")
        try await fixture.engine.sandboxes.delete(id, in: .default)
        let execution = try await task.value
        #expect(execution.status == .cancelled)
        #expect(verdicts(execution) == [.accepted, .skipped, .skipped])
        #expect(await fixture.driver.events.count("start three") == 0)
    }

    @Test(arguments: [("python", 3), ("go", 4), ("go", 3)])
    func whetherItMayBeginIsAskedOnceAndBeforeAnythingRuns(_ language: String, _ programs: Int) async throws {
        let fixture = try await fixture()
        fixture.driver.change { $0.binary = .bytes([0x7f]) }
        let request = ExecutionRequest(
            program: .code("x", language: language),
            judge: JudgeRequest(tests: [JudgeTest(), JudgeTest(), JudgeTest()]))
        let sandboxes = fixture.engine.sandboxes
        // The last finds its program compiled.
        if language == "go", programs == 3 {
            _ = try await sandboxes.execute(request, language: language, in: .default)
        }
        let before = fixture.driver.programs.count
        let output = LiveOutput()
        let watch = RunWatch(
            begin: { () async throws(OutpostError) in
                #expect(fixture.driver.programs.count == before)
                await fixture.driver.events.record("begin")
            }, output: output)
        let execution = try await sandboxes.execute(
            request, language: language, in: .default, watch: watch)
        #expect(verdicts(execution) == [.accepted, .accepted, .accepted])
        #expect(fixture.driver.programs.count - before == programs)
        #expect(await fixture.driver.events.count("begin") == 1)
    }

    @Test(arguments: ["python", "go"]) func nothingRunsWhenItMayNotBegin(_ language: String) async throws {
        let fixture = try await fixture()
        let request = ExecutionRequest(
            program: .code("x", language: language), judge: JudgeRequest(tests: [JudgeTest()]))
        let watch = RunWatch(begin: { () async throws(OutpostError) in throw OutpostError(.conflict, "no") })
        let error = try await code {
            _ = try await fixture.engine.sandboxes.execute(
                request, language: language, in: .default, watch: watch)
        }
        #expect(error == .conflict)
        #expect(fixture.driver.programs.isEmpty)
    }

    @Test func testsAreCheckedWhenARunIsPlacedForLater() async throws {
        let fixture = try await fixture()
        let sandboxes = fixture.engine.sandboxes
        let stateful = try await fixture.create(.stateful)
        func place(_ test: JudgeTest, _ sandbox: SandboxID?) async throws -> ErrorCode? {
            let request = ExecutionRequest(
                program: .code("x", language: nil), judge: JudgeRequest(tests: [test]))
            return try await code {
                let target = try RunTarget(sandbox: sandbox, language: "python", security: nil)
                _ = try await sandboxes.placement(of: request, in: target, of: .default)
            }
        }
        #expect(try await place(JudgeTest(), nil) == nil)
        #expect(try await place(JudgeTest(memoryLimitMiB: 8193), nil) == .unprocessable)
        #expect(try await place(JudgeTest(), stateful) == .invalidRequest)
    }

    @Test func aJudgesRunTakesOnePlace() async throws {
        let fixture = try await fixture { $0.maxConcurrentRuns = 1 }
        let execution = try await judge(fixture, [test("", nil), test("", nil)])
        #expect(verdicts(execution) == [.accepted, .accepted])
    }

    @Test func theMoreTestsTheLessOfTheirOutputIsGivenBack() async throws {
        let fixture = try await fixture()
        let long = String(repeating: "x", count: 20_000)
        let few = try await judge(fixture, [test(long, nil)])
        #expect(few.tests?.first?.stdout.isTruncated == false)
        let many = try await judge(fixture, Array(repeating: test(long, nil), count: 1000))
        #expect(many.status == .succeeded)
        #expect(many.tests?.allSatisfy { $0.stdout.bytes.count == 16_777 && $0.stdout.total == 20_000 } == true)
    }
}
