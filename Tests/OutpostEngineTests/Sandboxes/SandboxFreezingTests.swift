// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostTesting
import Synchronization
import Testing

@testable import OutpostEngine

/// Sandboxes that are frozen while the host's memory is short.
struct SandboxFreezingTests {
    /// Percent of the memory that is available.
    private let available = AvailableMemory()

    private final class AvailableMemory: Sendable {
        let percent = Mutex(10)
    }

    private func fixture() async throws -> EngineFixture {
        try await EngineFixture { [available] configuration in
            configuration.lowMemoryPercent = 25
            configuration.availableMemoryPercent = { available.percent.withLock { $0 } }
        }
    }

    private func held(_ fixture: EngineFixture, _ kind: SandboxHold.Kind = .process) async throws -> (
        SandboxID, SandboxHold
    ) {
        let id = try await fixture.create()
        return (id, try await fixture.engine.sandboxes.hold(id, in: .default, for: kind))
    }

    private func events(_ id: SandboxID, _ fixture: EngineFixture) async throws -> [SandboxEvent.Kind] {
        try await fixture.engine.sandboxes.events(of: id, in: .default).map(\.kind)
    }

    @Test func anUnusedSandboxIsFrozenAndTheNextCallFindsItRunning() async throws {
        let fixture = try await fixture()
        let (id, process) = try await held(fixture)
        fixture.clock.advance(seconds: 60)
        await fixture.engine.sandboxes.saveMemory()
        await fixture.engine.sandboxes.saveMemory()
        #expect(await fixture.driver.events.list == ["launch", "pause", "reclaim"])
        // The client sees no pause.
        #expect(try await fixture.sandbox(id).status == .running)
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        #expect(await fixture.driver.events.list == ["launch", "pause", "reclaim", "resume"])
        #expect(try await events(id, fixture) == [.created, .ready, .paused, .resumed, .run])
        // It has been used just now.
        await fixture.engine.sandboxes.saveMemory()
        #expect(await fixture.driver.events.list.count == 4)
        process.release()
    }

    @Test func aCallThatReachesAProcessThawsToo() async throws {
        let fixture = try await fixture()
        let (id, process) = try await held(fixture)
        fixture.clock.advance(seconds: 60)
        await fixture.engine.sandboxes.saveMemory()
        try await fixture.engine.sandboxes.awaken(id)
        #expect(await fixture.driver.events.list == ["launch", "pause", "reclaim", "resume"])
        process.release()
    }

    @Test func oneThatIsUsedIsNotFrozen() async throws {
        let fixture = try await fixture()
        let (_, process) = try await held(fixture)
        let (_, call) = try await held(fixture, .call)
        let (busy, other) = try await held(fixture)
        let run = await fixture.hold(busy, "a")
        fixture.clock.advance(seconds: 59)
        await fixture.engine.sandboxes.saveMemory()
        #expect(await !fixture.driver.events.list.contains("pause"))
        fixture.clock.advance(seconds: 1)
        await fixture.engine.sandboxes.saveMemory()
        #expect(await fixture.driver.events.list.count(where: { $0 == "pause" }) == 1)
        fixture.driver.held.finish("a")
        _ = try await run.value
        for hold in [process, call, other] { hold.release() }
    }

    @Test func withEnoughMemoryNothingIsFrozenAndWhatIsFrozenGoesOn() async throws {
        let fixture = try await fixture()
        let (id, process) = try await held(fixture)
        fixture.clock.advance(seconds: 60)
        available.percent.withLock { $0 = 25 }
        await fixture.engine.sandboxes.saveMemory()
        #expect(await fixture.driver.events.list == ["launch"])
        available.percent.withLock { $0 = 24 }
        await fixture.engine.sandboxes.saveMemory()
        #expect(try await events(id, fixture).last == .paused)
        available.percent.withLock { $0 = 29 }
        await fixture.engine.sandboxes.saveMemory()
        #expect(try await events(id, fixture).last == .paused)
        available.percent.withLock { $0 = 30 }
        await fixture.engine.sandboxes.saveMemory()
        #expect(try await events(id, fixture).last == .resumed)
        process.release()
    }

    @Test func aFrozenSandboxCanBePausedResumedAndDeleted() async throws {
        let fixture = try await fixture()
        let (id, process) = try await held(fixture)
        fixture.clock.advance(seconds: 60)
        await fixture.engine.sandboxes.saveMemory()
        _ = try await fixture.engine.sandboxes.pause(id, in: .default)
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .conflict)
        _ = try await fixture.engine.sandboxes.resume(id, in: .default)
        #expect(await fixture.driver.events.list == ["launch", "pause", "reclaim", "resume"])
        fixture.clock.advance(seconds: 60)
        await fixture.engine.sandboxes.saveMemory()
        try await fixture.engine.sandboxes.delete(id, in: .default)
        // Nothing in it can end while it is frozen.
        await fixture.driver.events.wait(for: "destroy")
        #expect(await fixture.driver.events.list.prefix(7).suffix(3) == ["pause", "reclaim", "resume"])
        process.release()
    }

    @Test func theNamespaceWithTheMostLosesFirstAndEachRoundIsBounded() async throws {
        let fixture = try await fixture()
        let many = try #require(NamespaceName("many"))
        var holds: [SandboxHold] = []
        for _ in 0..<20 {
            let request = SandboxRequest(language: "python", mode: .stateful)
            let id = try await fixture.engine.sandboxes.create(request, in: many).id
            holds.append(try await fixture.engine.sandboxes.hold(id, in: many, for: .process))
        }
        let (id, process) = try await held(fixture)
        fixture.clock.advance(seconds: 60)
        await fixture.engine.sandboxes.saveMemory()
        #expect(await fixture.driver.events.list.count(where: { $0 == "pause" }) == 8)
        #expect(try await events(id, fixture).last == .ready)
        for hold in holds + [process] { hold.release() }
    }
}
