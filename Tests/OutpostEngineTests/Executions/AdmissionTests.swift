// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// How many runs there are at one time, and how the door closes.
struct AdmissionTests {
    @Test func runsAboveTheLimitAreRefusedAtOnceUntilOneEnds() async throws {
        let fixture = try await EngineFixture { $0.maxConcurrentRuns = 2 }
        let id = try await fixture.create(.ephemeral)
        let runs = [await fixture.hold(id, "a"), await fixture.hold(id, "b")]
        #expect(fixture.engine.runsInProgress == 2)
        let error = try await #require(throws: OutpostError.self) { try await fixture.exec(id, "true") }
        #expect(error.code == .unavailable)
        #expect(error.retryAfter == 1)
        fixture.driver.held.finish("a")
        _ = try await runs[0].value
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        fixture.driver.held.finish("b")
        _ = try await runs[1].value
        #expect(fixture.engine.runsInProgress == 0)
    }

    @Test func oneNamespaceAloneCannotTakeAllPlaces() async throws {
        let fixture = try await EngineFixture { $0.maxConcurrentRuns = 8 }
        let team = try #require(NamespaceName("team-a"))
        let id = try await fixture.create(.ephemeral)
        var runs: [Task<Execution, any Error>] = []
        for name in 0..<6 { runs.append(await fixture.hold(id, "\(name)")) }
        let error = try await #require(throws: OutpostError.self) { try await fixture.exec(id, "true") }
        #expect(error.code == .rateLimited && error.retryAfter == 1)
        #expect(error.message.contains("max_concurrent_runs"))
        let request = ExecutionRequest(program: .command(["true"]))
        let neighbour = try await fixture.engine.sandboxes.execute(request, language: "python", in: team)
        #expect(neighbour.status == .succeeded)
        for name in 0..<6 { fixture.driver.held.finish("\(name)") }
        for run in runs { _ = try await run.value }
    }

    @Test func runsThatWaitForTheirTurnKeepNobodyElseOut() async throws {
        let fixture = try await EngineFixture { $0.maxConcurrentRuns = 4 }
        let id = try await fixture.create()
        let first = await fixture.hold(id, "a")
        let waiting = (0..<20).map { _ in Task { try await fixture.exec(id, "true") } }
        await waitUntil { fixture.engine.quotas.used(.waitingRuns) == 20 }
        #expect(fixture.engine.runsInProgress == 1)
        let other = try await fixture.create(.ephemeral)
        #expect(try await fixture.exec(other, "true").status == .succeeded)
        fixture.driver.held.finish("a")
        _ = try await first.value
        for run in waiting { #expect(try await run.value.status == .succeeded) }
    }

    @Test func manyRunsAreCancelledTogether() async throws {
        let fixture = try await EngineFixture { $0.drainSeconds = 0 }
        var runs: [Task<Execution, any Error>] = []
        for name in 0..<20 { runs.append(await fixture.hold(try await fixture.create(), "\(name)")) }
        await fixture.engine.drain()
        for run in runs { #expect(try await run.value.status == .cancelled) }
    }

    @Test func aStoppingServerLetsRunsFinishAndTakesNoMore() async throws {
        let fixture = try await EngineFixture { $0.drainSeconds = 3600 }
        let id = try await fixture.create(.ephemeral)
        let run = await fixture.hold(id, "a")
        let drain = Task { await fixture.engine.drain() }
        await waitUntil { fixture.engine.isDraining }
        let error = try await #require(throws: OutpostError.self) { try await fixture.exec(id, "true") }
        #expect(error.code == .unavailable)
        #expect(error.retryAfter == 5)
        fixture.driver.held.finish("a")
        await drain.value
        #expect(try await run.value.status == .succeeded)
    }

    @Test func whatDoesNotFinishInTimeIsCancelledAndWhatWaitsIsRefused() async throws {
        let fixture = try await EngineFixture { $0.drainSeconds = 0 }
        let id = try await fixture.create()
        let run = await fixture.hold(id, "a")
        let waiting = Task { try await fixture.exec(id, "hold", "b") }
        await waitUntil { fixture.engine.quotas.used(.waitingRuns) == 1 }
        await fixture.engine.drain()
        #expect(try await run.value.status == .cancelled)
        #expect(try await code { _ = try await waiting.value } == .unavailable)
        #expect(fixture.engine.runsInProgress == 0)
    }

    @Test func drainingAnIdleServerReturnsAtOnce() async throws {
        let fixture = try await EngineFixture { $0.drainSeconds = 3600 }
        await fixture.engine.drain()
        #expect(fixture.engine.isDraining)
    }

    @Test func theEnginesEndLeavesNothingOnTheHost() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        fixture.clock.advance(seconds: 1)
        _ = try await fixture.exec(id, "true")
        let service = Task { try await fixture.engine.run() }
        service.cancel()
        try await service.value
        #expect(await fixture.driver.events.list.last == "shut down")
        #expect(fixture.stores.current.isClosed)
        #expect(fixture.stores.current.touches.map(\.id) == [id])
    }
}
