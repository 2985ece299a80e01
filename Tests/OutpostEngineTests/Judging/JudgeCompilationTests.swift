// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// A judge's program is compiled once for all tests.
struct JudgeCompilationTests {
    private static let binary: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

    /// A compiler that ends as `compiler` says, its output, and a program that writes its input.
    private func fixture(
        compiler: ProgramResult = .ended(.exited(0), stderr: "a warning"), binary: FakeBinary = .bytes(Self.binary)
    ) async throws -> EngineFixture {
        let fixture = try await EngineFixture()
        fixture.driver.change { state in
            state.binary = binary
            state.onRun = { (program) throws(OutpostError) in
                if program.arguments.contains("build") { return compiler }
                return .ended(.exited(0), stdout: String(decoding: program.stdin, as: UTF8.self))
            }
        }
        return fixture
    }

    private func judge(_ fixture: EngineFixture, code: String = "package main") async throws -> Execution {
        let tests = ["1", "2", "3"].map { JudgeTest(stdin: Array($0.utf8), expectedStdout: $0) }
        let request = ExecutionRequest(
            program: .code(code, language: "go"), files: [SandboxFile(path: "data", content: [1])],
            judge: JudgeRequest(tests: tests))
        return try await fixture.engine.sandboxes.execute(request, language: "go", in: .default)
    }

    private func names(_ fixture: EngineFixture) -> [String] {
        fixture.driver.programs.map { $0.arguments.contains("build") ? "build" : $0.arguments[0] }
    }

    private func expectAllAccepted(_ execution: Execution) {
        #expect(execution.status == .succeeded)
        #expect(execution.tests?.map(\.verdict) == [.accepted, .accepted, .accepted])
    }

    @Test func theCompilerRunsOnceAndEachTestGetsTheProgramThatIsKept() async throws {
        let fixture = try await fixture()
        let execution = try await judge(fixture)
        expectAllAccepted(execution)
        #expect(execution.compile?.cached == false)
        #expect(execution.compile?.stderr.bytes == Array("a warning".utf8))
        #expect(
            names(fixture) == ["build"] + Array(repeating: "/tmp/.outpost/.made/main", count: 3))
        #expect(fixture.driver.handles.count == 4)
        for program in fixture.driver.programs.suffix(3) {
            #expect(program.fileRegions.map(\.path) == ["/tmp/.outpost/.made/main"])
            #expect(
                program.files.map(\.path) == [
                    "/tmp/.outpost/workspace/main.go", "/tmp/.outpost/.made/overlay.json", "/workspace/data",
                ])
            #expect(program.limits.memoryMiB == ResourceLimits.shippedDefaults.memoryMiB + 1)
        }
        #expect(execution.memoryPeakBytes == 4096)
        await fixture.driver.events.wait(for: "destroy", times: 4)
    }

    @Test func whatWasCompiledBeforeIsNotCompiledAgain() async throws {
        let fixture = try await fixture()
        _ = try await judge(fixture)
        let second = try await judge(fixture)
        expectAllAccepted(second)
        #expect(second.compile?.cached == true)
        #expect(names(fixture).count { $0 == "build" } == 1)
        #expect(fixture.counts.compilationHits == 1)
        #expect(fixture.counts.compilationMisses == 1)
    }

    @Test func whereNothingIsKeptItIsCompiledOnceAllTheSame() async throws {
        let fixture = try await fixture()
        fixture.compilations.change { $0.failure = OutpostError(.internal, "broken") }
        expectAllAccepted(try await judge(fixture))
        #expect(names(fixture).count { $0 == "build" } == 1)
        for program in fixture.driver.programs.suffix(3) {
            #expect(program.fileRegions.isEmpty)
            #expect(
                program.files.last == SandboxFile(path: "/tmp/.outpost/.made/main", content: Self.binary, mode: 0o755))
            #expect(program.limits.memoryMiB == ResourceLimits.shippedDefaults.memoryMiB + 1)
        }
    }

    @Test(arguments: [
        FakeBinary.size(UInt64(CompiledProgram.largestProgram) + 1),
        .failure(OutpostError(.unavailable, "not in time")),
    ])
    func aProgramThatIsTooLargeOrNotReadInTimeIsCompiledForEachTest(_ binary: FakeBinary) async throws {
        let fixture = try await fixture(binary: binary)
        expectAllAccepted(try await judge(fixture))
        #expect(names(fixture).count { $0 == "build" } == 4)
    }

    @Test func aCompilerThatLeavesNoProgramIsTheVerdictOfAllTests() async throws {
        let fixture = try await fixture(binary: .failure(OutpostError(.notFound, "main does not exist")))
        let execution = try await judge(fixture)
        #expect(execution.status == .compileFailed)
        #expect(execution.message == "the compiler left no program: main does not exist")
        #expect(execution.tests?.map(\.verdict) == [.compileError, .compileError, .compileError])
        #expect(names(fixture) == ["build"])
    }

    @Test(arguments: [
        (ProgramResult.ended(.exited(1), stderr: "no"), nil),
        (.ended(.signalled("SIGKILL"), cause: .timeout), "the compiler ran out of time"),
        (.ended(.signalled("SIGKILL"), cause: .memory), "the compiler ran out of memory"),
    ]) func aCompilerThatFailsIsTheVerdictOfAllTests(_ compiler: ProgramResult, _ message: String?) async throws {
        let fixture = try await fixture(compiler: compiler)
        let execution = try await judge(fixture)
        #expect(execution.status == .compileFailed)
        #expect(execution.message == message)
        #expect(execution.compile?.stderr == compiler.stderr)
        #expect(execution.tests?.map(\.verdict) == [.compileError, .compileError, .compileError])
        #expect(names(fixture) == ["build"])
    }

    @Test func aCompilerThatIsCancelledSaysNothingOfTheProgram() async throws {
        let fixture = try await fixture(compiler: .ended(.signalled("SIGKILL"), cause: .cancelled))
        let execution = try await judge(fixture)
        #expect(execution.status == .cancelled)
        #expect(execution.tests?.map(\.verdict) == [.skipped, .skipped, .skipped])
    }

    @Test func aSandboxThatFailsTheCompilerIsNotTheProgramsFault() async throws {
        let fixture = try await fixture()
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in throw OutpostError(.internal, "the sandbox failed") }
        }
        let execution = try await judge(fixture)
        #expect(execution.status == .sandboxError)
        #expect(execution.message == "the sandbox failed")
        #expect(execution.tests?.map(\.verdict) == [.skipped, .skipped, .skipped])
        #expect(fixture.engine.runsInProgress == 0)
    }
}
