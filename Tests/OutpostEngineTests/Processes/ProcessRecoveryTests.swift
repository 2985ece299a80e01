// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostLanguages
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// What the next server knows of the processes of the last one.
@Suite(.reactor) struct ProcessRecoveryTests {
    /// An engine on stores that another engine may have used.
    private func engine(on stores: MemoryStores, _ driver: MemoryDriver = MemoryDriver()) async throws -> Engine {
        var configuration = EngineConfiguration(limits: EngineFixture.policy)
        configuration.pool.ceiling = 0
        return try await Engine(
            configuration: configuration, stores: stores, driver: driver, disks: FakeDriver(),
            catalog: try LanguageCatalog.load(), clock: ManualClock().wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isPresent: { _ in true })
    }

    private func start(
        _ program: ConformanceProgram, _ engine: Engine, in sandbox: SandboxID
    ) async throws -> LiveProcess {
        let request = ProcessRequest(program: .command(MemoryDriver.command(program)), name: "one")
        return try await engine.sandboxes.startProcess(request, in: sandbox, of: .default)
    }

    @Test func afterACrashARunningProcessIsLostAndItsNameIsFree() async throws {
        let (stores, driver) = (MemoryStores(), MemoryDriver())
        let first = try await engine(on: stores, driver)
        let sandbox = try await ProcessFixture.create(first)
        let process = try await start(.wait, first, in: sandbox)
        let second = try await engine(on: stores)
        let found = try await second.sandboxes.process(process.id, of: sandbox, in: .default)
        #expect(found.status == .lost)
        #expect(found.cause == .serverStopped)
        #expect(found.endedAt != nil)
        let next = try await start(.wait, second, in: sandbox)
        await next.kill()
        await driver.endAll()
    }

    @Test func anEndedProcessIsThereWithItsOutput() async throws {
        let stores = MemoryStores()
        let first = try await engine(on: stores)
        let sandbox = try await ProcessFixture.create(first)
        let process = try await start(.write(stdout: 3_000_000, stderr: 3), first, in: sandbox)
        let ended = try await first.sandboxes.process(process.id, of: sandbox, in: .default, waitSeconds: 300)
        #expect(try await eventually { stores.current.processes[process.id]?.process.status == .exited })
        let second = try await engine(on: stores)
        #expect(try await second.sandboxes.process(process.id, of: sandbox, in: .default) == ended)
        let before = try await first.sandboxes.log(of: process.id, of: sandbox, in: .default, after: 0)
        let after = try await second.sandboxes.log(of: process.id, of: sandbox, in: .default, after: 0)
        #expect(after.stdout == before.stdout)
        #expect(after.stderr == before.stderr)
        #expect(after.end == before.end)
        #expect(after.dropped == before.dropped)
    }

    @Test func aServerThatStopsKeepsWhatAProcessWrote() async throws {
        let stores = MemoryStores()
        let first = try await engine(on: stores)
        let sandbox = try await ProcessFixture.create(first)
        let process = try await start(.obey(signal: 10), first, in: sandbox)
        #expect(
            try await eventually {
                try await first.sandboxes.log(of: process.id, of: sandbox, in: .default, after: 0).end == 5
            })
        await first.drain()
        let stored = try #require(stores.current.processes[process.id])
        #expect(stored.process.status == .lost)
        #expect(stored.process.cause == .serverStopped)
        #expect(stored.stdout == Array("ready".utf8))
    }

    @Test func whatIsForgottenIsDeleted() async throws {
        let stores = MemoryStores()
        let first = try await engine(on: stores)
        let sandbox = try await ProcessFixture.create(first)
        let one = try await start(.wait, first, in: sandbox)
        #expect(stores.current.processes.count == 1)
        try await first.sandboxes.deleteProcess(one.id, of: sandbox, in: .default)
        #expect(stores.current.processes.isEmpty)
        _ = try await start(.wait, first, in: sandbox)
        try await first.sandboxes.delete(sandbox, in: .default)
        #expect(stores.current.processes.isEmpty)
    }

    @Test func processesOfASandboxThatIsGoneAreDeleted() async throws {
        let stores = MemoryStores()
        let lost = SandboxProcess(
            id: ProcessID(), sandboxID: SandboxID(), command: ["a"], startedAt: Timestamp(milliseconds: 0))
        stores.change { $0.processes[lost.id] = StoredProcess(lost, in: .default) }
        _ = try await engine(on: stores)
        #expect(stores.current.processes.isEmpty)
    }
}
