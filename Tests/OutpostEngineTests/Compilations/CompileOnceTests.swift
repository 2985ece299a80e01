// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// The same program is compiled once for a namespace.
struct CompileOnceTests {
    private static let binary: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

    /// A compiler that warns, its output, and a program that prints.
    private func fixture(
        binary: FakeBinary = .bytes(Self.binary), compilations: MemoryCompilations = MemoryCompilations()
    ) async throws -> EngineFixture {
        let fixture = try await EngineFixture(compilations: compilations)
        fixture.driver.change { state in
            state.binary = binary
            state.onRun = { (program) throws(OutpostError) in
                program.arguments.contains("build")
                    ? .ended(.exited(0), stderr: "a warning") : .ended(.exited(0), stdout: "hello")
            }
        }
        return fixture
    }

    private func run(
        _ fixture: EngineFixture, code: String = "package main", in namespace: NamespaceName = .default,
        files: [SandboxFile] = []
    ) async throws -> Execution {
        let request = ExecutionRequest(program: .code(code, language: "go"), files: files)
        return try await fixture.engine.sandboxes.execute(request, language: "go", in: namespace)
    }

    private func compilations(_ fixture: EngineFixture) -> Int {
        fixture.driver.programs.count { $0.arguments.contains("build") }
    }

    @Test func theSecondRunDoesNotCompile() async throws {
        let fixture = try await fixture()
        let data = SandboxFile(path: "data.txt", content: [1])
        let first = try await run(fixture, files: [data])
        let second = try await run(fixture, files: [data])
        #expect(compilations(fixture) == 1)
        #expect(first.compile?.cached == false)
        #expect(second.compile?.cached == true)
        #expect(second.compile?.durationMilliseconds == 0)
        #expect(second.compile?.stderr == first.compile?.stderr)
        #expect(second.stdout == first.stdout)
        #expect(second.status == .succeeded)
        let program = try #require(fixture.driver.programs.last)
        #expect(program.arguments == ["/tmp/.outpost/.made/main"])
        #expect(
            program.files.map(\.path) == [
                "/tmp/.outpost/workspace/main.go", "/tmp/.outpost/.made/overlay.json", "/workspace/data.txt",
            ])
        #expect(program.files[0].content == Array("//line /workspace/main.go:1:1\npackage main".utf8))
        // Nothing was in this sandbox before, and the links are those of a compiled program too.
        #expect(program.folder?.options == [.isNew, .isCompiled])
        let placed = try #require(program.fileRegions.first)
        #expect(placed.path == "/tmp/.outpost/.made/main")
        #expect(placed.isExecutable)
        let entry = try #require(fixture.compilations.entries.values.first)
        #expect(Array(entry[placed.offset..<placed.offset + placed.size]) == Self.binary)
        #expect(program.limits.memoryMiB == ResourceLimits.shippedDefaults.memoryMiB + 1)
    }

    @Test func otherSourceAndOtherNamespacesCompileForThemselves() async throws {
        let fixture = try await fixture()
        let other = try #require(NamespaceName("other"))
        _ = try await run(fixture)
        #expect(try await run(fixture, code: "package main // other").compile?.cached == false)
        #expect(try await run(fixture, in: other).compile?.cached == false)
        #expect(try await run(fixture, in: other).compile?.cached == true)
        #expect(compilations(fixture) == 3)
    }

    @Test func aStatefulSandboxCompilesEachTime() async throws {
        let fixture = try await fixture()
        let id = try await fixture.create(.stateful, language: "go")
        let request = ExecutionRequest(program: .code("package main", language: nil))
        for _ in 0..<2 {
            let execution = try await fixture.engine.sandboxes.exec(request, id: id, in: .default)
            #expect(execution.compile?.cached == false)
        }
        #expect(fixture.compilations.entries.isEmpty)
    }

    @Test func aFailedCompilationIsNotKept() async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { $0.onRun = { (_) throws(OutpostError) in .exited(1) } }
        #expect(try await run(fixture).status == .compileFailed)
        #expect(try await run(fixture).status == .compileFailed)
        #expect(fixture.driver.programs.count == 2)
        #expect(fixture.compilations.entries.isEmpty)
    }

    @Test(arguments: [
        FakeBinary.failure(OutpostError(.internal, "broken")), .failure(OutpostError(.notFound, "there is none")),
        .size(0), .size(1 << 30), .kind(.symlink), .kind(.fifo),
    ]) func aProgramThatCannotBeReadIsNotKept(_ binary: FakeBinary) async throws {
        let fixture = try await fixture(binary: binary)
        #expect(try await run(fixture).status == .succeeded)
        #expect(try await run(fixture).compile?.cached == false)
        #expect(fixture.compilations.entries.isEmpty)
    }

    @Test func aDamagedEntryIsRemovedAndCompiledAgain() async throws {
        let fixture = try await fixture()
        _ = try await run(fixture)
        fixture.compilations.change { state in
            for (key, entry) in state.entries {
                var damaged = entry
                damaged[40] ^= 1
                _ = state.keep(damaged, as: key)
            }
        }
        #expect(try await run(fixture).compile?.cached == false)
        #expect(try await run(fixture).compile?.cached == true)
    }

    @Test func whatThisServerWroteIsNotReadAgainAndWhatAnotherWroteIsReadOnce() async throws {
        let fixture = try await fixture()
        for _ in 0..<3 { _ = try await run(fixture) }
        #expect(fixture.compilations.reads == 0)
        let next = try await self.fixture(compilations: fixture.compilations)
        for _ in 0..<3 { #expect(try await run(next).compile?.cached == true) }
        #expect(fixture.compilations.reads == 1)
    }

    @Test func itIsCountedHowManyFoundTheirProgram() async throws {
        let fixture = try await fixture()
        for _ in 0..<3 { _ = try await run(fixture) }
        #expect(fixture.counts.compilationHits == 2)
        #expect(fixture.counts.compilationMisses == 1)
    }

    @Test func aStoreThatFailsFailsNoRun() async throws {
        let fixture = try await fixture()
        fixture.compilations.change { $0.failure = OutpostError(.internal, "broken") }
        for _ in 0..<2 {
            let execution = try await run(fixture)
            #expect(execution.status == .succeeded)
            #expect(execution.compile?.cached == false)
        }
    }

    @Test func nothingIsKeptInRoomThatDisksMayNeed() async throws {
        let fixture = try await fixture()
        fixture.driver.change { $0.roomError = OutpostError(.insufficientStorage, "full") }
        #expect(try await run(fixture).status == .succeeded)
        #expect(fixture.compilations.entries.isEmpty)
    }

    @Test func whatIsKeptMakesRoomForASandbox() async throws {
        let fixture = try await fixture()
        _ = try await run(fixture)
        #expect(fixture.compilations.entries.count == 1)
        fixture.driver.change { $0.launchErrors = [OutpostError(.insufficientStorage, "full")] }
        let id = try await fixture.create(.stateful)
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        #expect(fixture.compilations.entries.isEmpty)
    }
}
