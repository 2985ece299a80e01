// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// What a sandbox's events tell, and to whom.
struct SandboxEventTests {
    @Test func theEventsTellTheLifeOfASandbox() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let run = try await fixture.exec(id, "true")
        _ = try await fixture.engine.sandboxes.pause(id, in: .default)
        _ = try await fixture.engine.sandboxes.resume(id, in: .default)
        let events = try await fixture.engine.sandboxes.events(of: id, in: .default)
        #expect(events.map(\.kind) == [.created, .ready, .run, .paused, .resumed])
        #expect(events.map(\.number) == [1, 2, 3, 4, 5])
        #expect(events[2].reason == "\(run.id) succeeded" && events[2].happenedAt == fixture.clock.now)
        let other = try #require(NamespaceName("other"))
        #expect(
            try await code { _ = try await fixture.engine.sandboxes.events(of: id, in: other) } == .notFound)
        let next = try await EngineFixture(clock: fixture.clock, stores: fixture.stores, driver: fixture.driver)
        #expect(try await next.engine.sandboxes.events(of: id, in: .default).map(\.kind) == [.restarted])
    }

    @Test func onlyTheLastHundredAreKept() {
        let log = SandboxEventLog(clock: ManualClock().wall)
        for _ in 0..<250 { log.add(.ready, .text("started")) }
        #expect(log.events().map(\.number) == Array(151...250))
        #expect(log.events(after: 249).map(\.number) == [250])
        #expect(log.events(after: 10).first?.number == 151)
        #expect(log.events(after: 250).isEmpty && log.events(after: .max).isEmpty)
    }

    /// Reads the events of a sandbox to their end.
    private func follow(
        _ id: SandboxID, in fixture: EngineFixture
    ) async throws -> (told: AsyncStream<SandboxEvent.Kind>, reading: Task<Void, any Error>) {
        let reader = try await fixture.engine.sandboxes.eventReader(of: id, in: .default, after: 0)
        let (told, telling) = AsyncStream<SandboxEvent.Kind>.makeStream()
        let reading = Task {
            try await reader.forEach { event in if let event { telling.yield(event.kind) } }
            telling.finish()
        }
        return (told, reading)
    }

    @Test func aReaderGetsEachEventUntilTheSandboxIsDeleted() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let (told, reading) = try await follow(id, in: fixture)
        var kinds: [SandboxEvent.Kind] = []
        for await kind in told {
            kinds.append(kind)
            if kind == .created { _ = try await fixture.exec(id, "true") }
            if kind == .run { try await fixture.engine.sandboxes.delete(id, in: .default) }
        }
        try await reading.value
        #expect(kinds == [.created, .ready, .run, .deleted])
    }

    @Test func aReaderEndsWithTheServer() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let (told, reading) = try await follow(id, in: fixture)
        for await kind in told where kind == .created { await fixture.engine.drain() }
        try await reading.value
    }

    @Test func anExpiredSandboxSaysSo() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(ttl: 1)
        let reader = try await fixture.engine.sandboxes.eventReader(of: id, in: .default, after: 1)
        fixture.clock.advance(seconds: 1)
        try await fixture.engine.sandboxes.sweep()
        var kinds: [SandboxEvent.Kind?] = []
        try await reader.forEach { kinds.append($0?.kind) }
        #expect(kinds == [.expired])
    }

    @Test func aRunOutOfMemoryHasAnEventOfItsOwn() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in .ended(.signalled("SIGKILL"), cause: .memory) }
        }
        _ = try await fixture.exec(id, "true")
        let events = try await fixture.engine.sandboxes.events(of: id, in: .default)
        #expect(events.map(\.kind).suffix(2) == [.run, .outOfMemory])
    }

    @Test func aSandboxThatIsNotUpTellsWhatItsDiskHas() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        #expect(try await fixture.engine.sandboxes.usage(of: id, in: .default) == SandboxUsage())
        fixture.driver.change { $0.disks = [id] }
        #expect(
            try await fixture.engine.sandboxes.usage(of: id, in: .default)
                == SandboxUsage(diskUsedBytes: 4096, diskUsedFiles: 12))
    }
}
