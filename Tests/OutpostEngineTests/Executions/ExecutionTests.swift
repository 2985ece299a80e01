// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// A run through the engine, from its request to its execution.
struct ExecutionTests {
    private func run(_ fixture: EngineFixture, _ code: String, _ language: String) async throws -> Execution {
        try await fixture.engine.sandboxes.execute(
            ExecutionRequest(program: .code(code, language: language)), language: language, in: .default)
    }

    @Test func aCompiledProgramRunsAfterItsCompiler() async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { state in
            state.onRun = { (program) throws(OutpostError) in
                program.arguments[0] == "/usr/bin/rustc"
                    ? .ended(.exited(0), stderr: "warning") : .ended(.exited(3), stdout: "out")
            }
        }
        let execution = try await run(fixture, "fn main() {}", "rust")
        #expect(execution.status == .failed)
        #expect(execution.exitCode == 3)
        #expect(execution.stdout.bytes == Array("out".utf8))
        #expect(execution.compile?.exitCode == 0)
        #expect(execution.compile?.stderr.bytes == Array("warning".utf8))
        #expect(
            fixture.driver.programs.map(\.arguments.first) == ["/usr/bin/rustc", "/tmp/.outpost/.made/main"])
        #expect(fixture.driver.launches.count == 1)
    }

    @Test func aCompilerThatFailsEndsTheRun() async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { state in state.onRun = { (_) throws(OutpostError) in .ended(.exited(1), stderr: "e") } }
        let execution = try await run(fixture, "fn main() {", "rust")
        #expect(execution.status == .compileFailed)
        #expect(fixture.driver.programs.count == 1)
    }

    @Test func aSandboxThatFailsAfterCompilingKeepsWhatTheCompilerSaid() async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { state in
            state.onRun = { (program) throws(OutpostError) in
                if program.arguments[0] == "/usr/bin/rustc" { return .exited(0) }
                throw OutpostError(.internal, "the sandbox failed")
            }
        }
        let execution = try await run(fixture, "fn main() {}", "rust")
        #expect(execution.status == .sandboxError)
        #expect(execution.message == "the sandbox failed")
        #expect(execution.compile?.exitCode == 0)
    }

    @Test(arguments: [ErrorCode.invalidRequest, .insufficientStorage, .unavailable, .conflict])
    func whatTheCallerCanActOnIsAnErrorAndNoExecution(expected: ErrorCode) async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in throw OutpostError(expected, "no") }
        }
        #expect(try await code { _ = try await run(fixture, "1", "python") } == expected)
        #expect(fixture.counts.executions.isEmpty)
        #expect(fixture.engine.runsInProgress == 0)
    }

    @Test func timesAreTheClocks() async throws {
        let fixture = try await EngineFixture()
        let clock = fixture.clock
        let start = clock.now
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in
                clock.advance(seconds: 2)
                return .exited(0)
            }
        }
        let execution = try await run(fixture, "1", "python")
        #expect(execution.startedAt == start)
        #expect(execution.completedAt == start.advanced(bySeconds: 2))
    }

    @Test func executionsAreCounted() async throws {
        let fixture = try await EngineFixture()
        for code: Int32 in [0, 0, 1] {
            fixture.driver.change { state in state.onRun = { (_) throws(OutpostError) in .exited(code) } }
            _ = try await run(fixture, "1", "python")
        }
        let metrics = fixture.counts
        #expect(metrics.executions == [.succeeded: 2, .failed: 1])
        #expect(metrics.programMilliseconds == 6)
        #expect(metrics.cpuMilliseconds == 3)
    }
}
