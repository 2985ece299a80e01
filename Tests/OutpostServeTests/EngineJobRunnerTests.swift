// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostLanguages
import OutpostTesting
import OutpostVolumes
import Testing

@testable import outpost

/// A job runs in the engine, in the sandbox that was chosen at its submission.
@Suite(.reactor, .timeLimit(.minutes(5)))
struct EngineJobRunnerTests {
    private let engine: Engine
    private let runner: EngineJobRunner

    init() async throws {
        var configuration = EngineConfiguration(
            limits: LimitPolicy(defaults: .shippedDefaults, maxima: .shippedDefaults))
        configuration.pool.ceiling = 0
        engine = try await Engine(
            configuration: configuration, stores: MemoryStores(), driver: MemoryDriver(), disks: SomeRoom(),
            catalog: LanguageCatalog.load(), clock: { Timestamp(milliseconds: 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isPresent: { _ in true })
        runner = EngineJobRunner(sandboxes: engine.sandboxes, work: engine.work)
    }

    /// A host with 9 MiB for results and without stateful sandboxes.
    private struct SomeRoom: SandboxDisks, SealedDisks {
        var roomForMore: Int? { 9 << 20 }
        var isDiskFull: Bool { false }

        func checkRoom() throws(OutpostError) {}
        func checkRoom(bytes: Int) throws(OutpostError) {}
        func release(_ sandbox: SandboxID, isUnmounted: Bool) {}
        func remove(_ sandbox: SandboxID) throws(OutpostError) {}
        func list() throws(OutpostError) -> [SandboxID] { [] }
        func adopt(_ disks: [SandboxID: NamespaceName]) {}
        func usage(of sandbox: SandboxID) -> DiskUsage? { nil }
        func hold(_ disks: [SealedDiskID], for namespace: NamespaceName?) throws(OutpostError) {}
        func release(_ disks: [SealedDiskID]) {}
        func removeSealed(_ disk: SealedDiskID) throws(OutpostError) {}
        func sealedBytes(_ disks: [SealedDiskID]) -> Int { 0 }
        func listSealed() -> [SealedDiskID: NamespaceName] { [:] }

        func seal(_ sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName) throws(OutpostError) {
            throw OutpostError(.notFound, "there are no disks")
        }

        func sealCopy(of sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName) throws(OutpostError) {
            throw OutpostError(.notFound, "there are no disks")
        }

        func promise(_ sandbox: SandboxID, mebibytes: Int, to namespace: NamespaceName) throws(OutpostError) {
            throw OutpostError(.insufficientStorage, "there are no disks")
        }

        func standing(of namespace: NamespaceName) -> QuotaStanding { QuotaStanding(.disk, limit: nil, used: 0) }
    }

    private func request(
        _ arguments: String..., sandbox: SandboxID? = nil, security: SecurityRequest? = nil, concurrent: Bool = false
    ) -> JobRequest {
        JobRequest(
            execution: ExecutionRequest(program: .command(arguments), concurrent: concurrent),
            language: sandbox == nil ? "python" : nil, sandboxID: sandbox, security: security)
    }

    private func sandbox(_ mode: SandboxMode) async throws -> SandboxID {
        try await engine.sandboxes.create(SandboxRequest(language: "python", mode: mode), in: .default).id
    }

    private func run(
        _ request: JobRequest, in sandbox: SandboxID, begin: @escaping @Sendable () throws(OutpostError) -> Void = {}
    ) async throws -> (Execution, LiveOutput) {
        let job = Job(id: JobID(), namespace: .default, sandboxID: sandbox, createdAt: Timestamp(milliseconds: 0))
        let output = LiveOutput()
        let execution = try await runner.run(job, request, output: output) { () async throws(OutpostError) in
            try begin()
        }
        return (execution, output)
    }

    private func code(of body: () async throws -> Void) async -> ErrorCode? {
        await #expect(throws: OutpostError.self) { try await body() }?.code
    }

    @Test func aJobWithoutASandboxGetsTheIdOfANewOneAndRunsInIt() async throws {
        let request = request("exit", "3")
        let place = try await runner.place(request, in: .default)
        #expect(!place.takesTurns)
        let (execution, _) = try await run(request, in: place.sandboxID)
        #expect(execution.sandboxID == place.sandboxID)
        #expect(execution.exitCode == 3)
        #expect(await engine.sandboxes.count == 0)
    }

    @Test func aJobInASandboxRunsThere() async throws {
        let id = try await sandbox(.ephemeral)
        let request = request("exit", "0", sandbox: id)
        let place = try await runner.place(request, in: .default)
        #expect(place == JobPlacement(sandboxID: id, takesTurns: false))
        let (execution, _) = try await run(request, in: id)
        #expect(execution.sandboxID == id && execution.status == .succeeded)
    }

    @Test func onlyInAStatefulSandboxDoJobsTakeTurns() async throws {
        let id = try await sandbox(.stateful)
        #expect(try await runner.place(request("exit", sandbox: id), in: .default).takesTurns)
        let concurrent = request("exit", sandbox: id, concurrent: true)
        #expect(try await runner.place(concurrent, in: .default).takesTurns == false)
    }

    @Test func whatCannotRunIsRefusedAtItsSubmission() async throws {
        let id = try await sandbox(.ephemeral)
        let team = try #require(NamespaceName("team-a"))
        let secured = request("exit", sandbox: id, security: .init())
        #expect(await code { _ = try await runner.place(secured, in: .default) } == .invalidRequest)
        let foreign = request("exit", sandbox: id)
        #expect(await code { _ = try await runner.place(foreign, in: team) } == .notFound)
        var unknown = request("exit")
        unknown.language = "unknown"
        #expect(await code { _ = try await runner.place(unknown, in: .default) } == .invalidRequest)
    }

    @Test func aProgramThatMayNotBeginDoesNotRun() async throws {
        let refused = await code {
            _ = try await run(request("exit", "0"), in: SandboxID()) { () throws(OutpostError) in
                throw OutpostError(.conflict, "another has it")
            }
        }
        #expect(refused == .conflict)
    }

    @Test func theOutputOfAProgramIsSeenWhileItRuns() async throws {
        let (execution, output) = try await run(request("write", "5", "3"), in: SandboxID())
        #expect(execution.stdout.bytes.count == 5 && execution.stderr.bytes.count == 3)
        #expect(output.output(.stdout).bytes == execution.stdout.bytes)
        #expect(output.output(.stderr).bytes == execution.stderr.bytes)
    }

    @Test func theDiskAndTheThreadsAreThoseOfTheEngine() async throws {
        #expect(await runner.freeBytes() == 9 << 20)
        #expect(try await runner.compute(bytes: 1 << 20, for: .default) { () throws(OutpostError) in 7 } == 7)
        let failed = await code {
            _ = try await runner.compute(bytes: 1, for: .default) { () throws(OutpostError) -> Int in
                throw OutpostError(.conflict, "no")
            }
        }
        #expect(failed == .conflict)
        await runner.afterRun()
    }
}
