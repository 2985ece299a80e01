// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// A sandbox whose processes the kernel does not let go counts for its namespace, and holds nobody up.
struct HeldUpSandboxTests {
    @Test func anEphemeralOneTakesAPlaceUntilItIsGone() async throws {
        let fixture = try await EngineFixture()
        let quotas = fixture.engine.quotas
        let id = try await fixture.create(.ephemeral)
        let run = await fixture.hold(id, "a")
        let handle = try #require(fixture.driver.handles.first)
        handle.hold()
        fixture.driver.held.finish("a")
        #expect(try await run.value.status == .succeeded)
        #expect(quotas.used(.concurrentRuns, in: .default) == 1)
        #expect(fixture.engine.runsInProgress == 0)
        handle.letGo()
        await waitUntil { quotas.used(.concurrentRuns, in: .default) == 0 }
        #expect(await fixture.driver.events.list.contains("destroy"))
    }

    @Test func callsOfAStatefulOneAreRefusedUntilItIsGone() async throws {
        let fixture = try await EngineFixture()
        let quotas = fixture.engine.quotas
        let id = try await fixture.create()
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        let handle = try #require(fixture.driver.handles.first)
        handle.hold()
        handle.die()
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .unavailable)
        #expect(fixture.driver.handles.count == 1)
        #expect(quotas.used(.liveSandboxes, in: .default) == 1)
        // Another one of the namespace is as before.
        let other = try await fixture.create()
        #expect(try await fixture.exec(other, "true").status == .succeeded)
        handle.letGo()
        await handle.destroy()
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        #expect(quotas.used(.liveSandboxes, in: .default) == 2)
    }

    @Test func oneThatIsUnloadedIsNotWaitedForByOthers() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        let handle = try #require(fixture.driver.handles.first)
        handle.hold()
        #expect(await fixture.engine.sandboxes.makeRoom(for: .rateLimited, in: .default))
        #expect(await !fixture.engine.sandboxes.makeRoom(for: .rateLimited, in: .default))
        #expect(fixture.engine.quotas.used(.liveSandboxes, in: .default) == 1)
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .unavailable)
        handle.letGo()
        await waitUntil { fixture.engine.quotas.used(.liveSandboxes, in: .default) == 0 }
        #expect(try await fixture.exec(id, "true").status == .succeeded)
    }

    @Test func theEndOfTheServerDoesNotWaitForIt() async throws {
        let fixture = try await EngineFixture { $0.teardownSeconds = 0 }
        let id = try await fixture.create()
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        try #require(fixture.driver.handles.first).hold()
        try await fixture.engine.sandboxes.delete(id, in: .default)
        let service = Task { try await fixture.engine.run() }
        service.cancel()
        try await service.value
        #expect(fixture.stores.current.isClosed)
        #expect(await fixture.driver.events.list.contains("destroy"))
    }

    @Test func whatIsToBeSaidOfARunIsInItsAnswer() {
        var result = ProgramResult.exited(0)
        result.message = "not gone"
        let report = RunReport(id: ExecutionID(), sandbox: SandboxID(), startedAt: Timestamp(milliseconds: 0))
        let execution = report.execution(result, compile: nil, completedAt: Timestamp(milliseconds: 1))
        #expect(execution.status == .succeeded && execution.message == "not gone")
    }
}
