// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// What a paused sandbox does and refuses.
struct SandboxPauseTests {
    private func pause(_ id: SandboxID, _ fixture: EngineFixture) async throws -> Sandbox {
        try await fixture.engine.sandboxes.pause(id, in: .default)
    }

    private func resume(_ id: SandboxID, _ fixture: EngineFixture) async throws -> Sandbox {
        try await fixture.engine.sandboxes.resume(id, in: .default)
    }

    @Test func aPausedSandboxIsFrozenAndSaysSo() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        _ = try await fixture.exec(id, "true")
        #expect(try await pause(id, fixture).status == .paused)
        #expect(try await fixture.sandbox(id).status == .paused)
        #expect(try await resume(id, fixture).status == .ready)
        #expect(await fixture.driver.events.list == ["launch", "pause", "resume"])
    }

    @Test func aPausedSandboxThatIsDownOnlyRefuses() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        #expect(try await pause(id, fixture).status == .paused)
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .conflict)
        _ = try await resume(id, fixture)
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        #expect(await fixture.driver.events.list == ["launch"])
    }

    @Test(arguments: [false, true])
    func runsAndHoldsAreRefusedWithTheState(isConcurrent: Bool) async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let run = await fixture.hold(id, "a")
        _ = try await pause(id, fixture)
        let refused = await #expect(throws: OutpostError.self) {
            try await fixture.exec(id, "true", concurrent: isConcurrent)
        }
        #expect(refused?.code == .conflict && refused?.message == "sandbox \(id) is paused")
        let held = try await code { _ = try await fixture.engine.sandboxes.hold(id, in: .default, for: .process) }
        #expect(held == .conflict)
        let target = RunTarget.existing(id, language: nil)
        let request = ExecutionRequest(program: .command(["true"]))
        let placed = try await code {
            _ = try await fixture.engine.sandboxes.placement(of: request, in: target, of: .default)
        }
        #expect(placed == .conflict)
        _ = try await resume(id, fixture)
        fixture.driver.held.finish("a")
        #expect(try await run.value.status == .succeeded)
        #expect(try await fixture.exec(id, "true").status == .succeeded)
    }

    @Test func theWrongStateIsNamed() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let ready = await #expect(throws: OutpostError.self) { _ = try await resume(id, fixture) }
        #expect(ready?.message == "sandbox \(id) is ready, not paused")
        _ = try await pause(id, fixture)
        let paused = await #expect(throws: OutpostError.self) { _ = try await pause(id, fixture) }
        #expect(paused?.message == "sandbox \(id) is paused")
        let ephemeral = try await fixture.create(.ephemeral)
        #expect(try await code { _ = try await pause(ephemeral, fixture) } == .conflict)
        #expect(try await code { _ = try await pause(SandboxID(), fixture) } == .notFound)
        let stranger = try #require(NamespaceName("other"))
        let theirs = try await code { _ = try await fixture.engine.sandboxes.pause(id, in: stranger) }
        #expect(theirs == .notFound)
    }

    @Test func aRunOfAPausedSandboxIsCancelledOnlyAfterThePause() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let run = ExecutionID()
        var request = ExecutionRequest(program: .command(["hold", "a"]))
        request.id = run
        let task = Task { [request] in try await fixture.engine.sandboxes.exec(request, id: id, in: .default) }
        await fixture.driver.events.wait(for: "start a")
        _ = try await pause(id, fixture)
        let cancelled = try await code {
            _ = try await fixture.engine.sandboxes.cancelExecution(run, of: id, in: .default)
        }
        #expect(cancelled == .conflict)
        _ = try await resume(id, fixture)
        _ = try await fixture.engine.sandboxes.cancelExecution(run, of: id, in: .default)
        #expect(try await task.value.status == .cancelled)
    }

    @Test func aPausedSandboxIsDeletedWithItsRuns() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let run = await fixture.hold(id, "a")
        _ = try await pause(id, fixture)
        try await fixture.engine.sandboxes.delete(id, in: .default)
        #expect(try await run.value.status == .cancelled)
        await fixture.driver.events.wait(for: "remove disk")
    }

    @Test func theExpiryOfAPausedSandboxGoesOn() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(ttl: 10)
        let run = await fixture.hold(id, "a")
        _ = try await pause(id, fixture)
        fixture.clock.advance(seconds: 10)
        try await fixture.engine.sandboxes.sweep()
        #expect(await fixture.engine.sandboxes.count == 0)
        _ = try await run.value
    }

    @Test func idlenessDoesNotUnloadAPausedSandboxButTheNeedOfAnotherDoes() async throws {
        let fixture = try await EngineFixture {
            $0.unloadAfterSeconds = 0
            $0.maxLiveSandboxes = 1
        }
        let id = try await fixture.create()
        let run = await fixture.hold(id, "a")
        _ = try await pause(id, fixture)
        fixture.driver.held.finish("a")
        _ = try await run.value
        #expect(await fixture.driver.events.count("destroy") == 0)
        let other = try await fixture.create()
        #expect(try await fixture.exec(other, "true").status == .succeeded)
        #expect(await fixture.driver.events.list.prefix(5).contains("destroy"))
        #expect(try await resume(id, fixture).status == .ready)
        #expect(try await fixture.exec(id, "true").status == .succeeded)
    }

    @Test func aServerThatStopsDoesNotWaitForThePause() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let run = await fixture.hold(id, "a")
        _ = try await pause(id, fixture)
        await fixture.engine.sandboxes.cancelAll()
        #expect(try await run.value.status == .cancelled)
    }

    // MARK: - on_idle

    private func create(
        _ fixture: EngineFixture, _ mode: SandboxMode = .stateful, ttl: Int? = nil
    ) async throws -> SandboxID {
        let request = SandboxRequest(
            language: "python", mode: mode, timeToLiveSeconds: ttl, idleTimeoutSeconds: 10, onIdle: .pause)
        return try await fixture.engine.sandboxes.create(request, in: .default).id
    }

    @Test func anIdleSandboxIsPausedAndNotDeleted() async throws {
        let fixture = try await EngineFixture()
        let id = try await create(fixture)
        _ = try await fixture.exec(id, "true")
        #expect(try await fixture.sandbox(id).expiresAt == nil)
        fixture.clock.advance(seconds: 9)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await fixture.sandbox(id).status == .ready)
        fixture.clock.advance(seconds: 1)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await fixture.sandbox(id).status == .paused)
        // It goes on for as long again.
        _ = try await resume(id, fixture)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await fixture.sandbox(id).status == .ready)
        fixture.clock.advance(seconds: 10)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await fixture.sandbox(id).status == .paused)
    }

    @Test func aRunInProgressIsNotPausedForIdleness() async throws {
        let fixture = try await EngineFixture()
        let id = try await create(fixture)
        let run = await fixture.hold(id, "a")
        fixture.clock.advance(seconds: 100)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await fixture.sandbox(id).status == .running)
        fixture.driver.held.finish("a")
        _ = try await run.value
    }

    @Test func itsAgeDeletesASandboxThatIsPausedWhenIdle() async throws {
        let fixture = try await EngineFixture()
        let id = try await create(fixture, ttl: 60)
        #expect(try await fixture.sandbox(id).expiresAt == fixture.clock.now.advanced(bySeconds: 60))
        fixture.clock.advance(seconds: 60)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await code { _ = try await fixture.sandbox(id) } == .notFound)
    }

    @Test func anEphemeralSandboxCannotBePausedWhenIdle() async throws {
        let fixture = try await EngineFixture()
        let refused = await #expect(throws: OutpostError.self) { try await create(fixture, .ephemeral) }
        #expect(refused?.code == .invalidRequest && refused?.details.map(\.parameter) == [.onIdle])
        let id = try await fixture.create(.ephemeral)
        let changed = await #expect(throws: OutpostError.self) {
            try await fixture.engine.sandboxes.update(id, SandboxUpdate(onIdle: .pause), in: .default)
        }
        #expect(changed?.code == .invalidRequest)
        #expect(try await fixture.sandbox(id).onIdle == .delete)
    }
}
