// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostTesting
import Testing

@testable import OutpostEngine
@testable import OutpostSandboxing

/// Sandboxes that are up before they are asked for.
@Suite(.timeLimit(.minutes(10))) struct WarmPoolsTests {
    private func fixture(floor: Int = 1, ceiling: Int = 4) async throws -> EngineFixture {
        try await EngineFixture { configuration in
            configuration.pool = PoolPolicy(floor: floor, ceiling: ceiling, idleSeconds: 60)
        }
    }

    private func run(_ fixture: EngineFixture, _ request: ExecutionRequest) async throws -> Execution {
        try await fixture.engine.sandboxes.execute(request, language: "python", in: .default)
    }

    private static let code = ExecutionRequest(program: .code("1", language: nil))

    /// Waits until as many sandboxes are ready.
    private func ready(_ fixture: EngineFixture, _ count: Int) async {
        await waitUntil { await fixture.engine.pool.readyCount == count }
    }

    @Test func aServerBeginsWithSandboxesForWhatMostRequestsAskFor() async throws {
        let fixture = try await fixture(floor: 2)
        await ready(fixture, 2)
        let start = try #require(fixture.driver.starts.first)
        let known = try #require(start.value.content(as: FakeStart.self))
        #expect(known.hint.interpreter == "python" && known.hint.preload == [])
        #expect(known.arguments == ["/usr/bin/python3", "/tmp/.outpost/workspace/main.py"])
    }

    @Test func eachIsHandedOutOnceAndReplaced() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        for _ in 0..<3 {
            #expect(try await run(fixture, Self.code).status == .succeeded)
            await ready(fixture, 1)
        }
        #expect(fixture.driver.launches.isEmpty)
        #expect(fixture.counts.poolHits == [.interpreter: 3])
        #expect(fixture.driver.starts.count == 4)
    }

    @Test func whileAnotherIsReadyNoneIsStartedBesideARun() async throws {
        let fixture = try await fixture(floor: 2)
        await ready(fixture, 2)
        let start = try #require(fixture.driver.starts.first)
        #expect(await fixture.engine.pool.acquire(start) != nil)
        await fixture.engine.pool.refill(isUrgent: true)
        #expect(fixture.driver.starts.count == 2)
        await fixture.engine.pool.refill()
        await ready(fixture, 2)
        #expect(fixture.driver.starts.count == 3)
    }

    @Test func theLastOneIsReplacedWhileTheProgramWorks() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        let start = try #require(fixture.driver.starts.first)
        #expect(await fixture.engine.pool.acquire(start) != nil)
        await fixture.engine.pool.refill(isUrgent: true)
        await ready(fixture, 1)
        #expect(fixture.driver.starts.count == 2)
    }

    /// Which programs these are the driver says.
    @Test func whatCannotStartFromAnInterpreterIsServedInTheOrdinaryWay() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        var request = Self.code
        request.limits = ResourceLimitsRequest(stackMiB: 8)
        for _ in 0..<3 { #expect(try await run(fixture, request).status == .succeeded) }
        // One for each run; another may stand ready for the next already.
        #expect(fixture.driver.launches.count >= 3)
        #expect(fixture.counts.poolHits[.interpreter] == nil)
    }

    @Test func programsWithLimitsOfTheirOwnTakeWhatIsReady() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        var request = Self.code
        for limits in [
            ResourceLimitsRequest(memoryMiB: 520, cpuCores: 0.5, timeoutMilliseconds: 1000),
            ResourceLimitsRequest(memoryMiB: 639, maxProcesses: 7, maxOutputBytes: 10),
        ] {
            request.limits = limits
            #expect(try await run(fixture, request).status == .succeeded)
            await ready(fixture, 1)
        }
        #expect(fixture.counts.poolHits[.interpreter] == 2)
        #expect(fixture.driver.launches.isEmpty)
    }

    @Test(arguments: [(63, 63), (64, 64), (79, 64), (80, 80), (512, 512), (639, 512), (640, 640), (1023, 896)])
    func sandboxesAreBuiltForMemoryInSteps(wanted: Int, built: Int) {
        #expect(SandboxSpec.memoryStep(wanted) == built)
    }

    @Test func anInterpreterThatCannotBeStartedAheadHoldsNoRunUp() async throws {
        let fixture = try await EngineFixture { configuration in
            configuration.pool = PoolPolicy(floor: 0, ceiling: 4, idleSeconds: 60)
        }
        fixture.driver.change { $0.startErrors = [OutpostError(.internal, "no")] }
        #expect(try await run(fixture, Self.code).status == .succeeded)
        #expect(!fixture.driver.launches.isEmpty)
    }

    @Test func whatWasStartedFromAnotherImageIsGivenBack() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        await fixture.engine.pool.sweep()
        fixture.driver.change { $0.generation = "2" }
        await fixture.engine.pool.sweep()
        await fixture.driver.events.wait(for: "discard")
        await ready(fixture, 1)
        #expect(fixture.driver.starts.count == 2)
    }

    @Test func whatNobodyAsksForIsGivenBack() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        fixture.clock.advance(seconds: 61)
        await fixture.engine.pool.sweep()
        #expect(await fixture.engine.pool.readyCount == 0)
    }

    @Test func oneThatDiedIsNotHandedOut() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        for handle in fixture.driver.handles { handle.die() }
        #expect(try await run(fixture, Self.code).status == .succeeded)
    }

    @Test func onlyTheStatefulSandboxesThatWereUsedLastKeepAnInterpreter() async throws {
        let fixture = try await fixture(ceiling: 2)
        await ready(fixture, 1)
        let start = try #require(fixture.driver.starts.first)
        let spares = SpareInterpreters(limit: 2)
        let sandboxes = (0..<3).map { _ in FakeSandbox(fixture.driver) }
        for sandbox in sandboxes { await spares.keep(start, in: sandbox) }
        await spares.keep(start, in: sandboxes[1])
        await spares.keep(start, in: sandboxes[0])
        let events = await fixture.driver.events.list.filter { $0.hasPrefix("expect") }
        #expect(
            events == [
                "expect python", "expect python", "expect nothing", "expect python", "expect python", "expect nothing",
                "expect python",
            ])
        let none = SpareInterpreters(limit: 0)
        await none.keep(start, in: sandboxes[0])
        #expect(await fixture.driver.events.list.filter { $0.hasPrefix("expect") } == events)
    }

    // MARK: - Empty ones

    private static let command = ExecutionRequest(program: .command(["true"]))

    /// None but empty ones, of which there are as many as were asked for.
    private func emptyFixture(floor: Int = 1) async throws -> EngineFixture {
        let fixture = try await EngineFixture(missing: ["python"]) { configuration in
            configuration.pool = PoolPolicy(floor: floor, ceiling: 4, idleSeconds: 60)
        }
        #expect(try await fixture.exec(fixture.create(.ephemeral, language: "bash"), "true").status == .succeeded)
        return fixture
    }

    private func runBash(_ fixture: EngineFixture, _ request: ExecutionRequest = command) async throws {
        let execution = try await fixture.engine.sandboxes.execute(
            request, language: "bash", in: .default)
        #expect(execution.status == .succeeded)
    }

    @Test func nothingIsMadeAheadBeforeSomebodyAsks() async throws {
        let fixture = try await EngineFixture(missing: ["python"]) { $0.pool = PoolPolicy() }
        await fixture.engine.pool.sweep()
        #expect(fixture.driver.launches.isEmpty)
        #expect(fixture.driver.starts.isEmpty)
    }

    @Test func whatOneLanguageAskedForServesAnother() async throws {
        let fixture = try await emptyFixture()
        await ready(fixture, 2)
        try await runBash(fixture)
        let node = try await fixture.create(.ephemeral, language: "node")
        #expect(try await fixture.exec(node, "true").status == .succeeded)
        #expect(fixture.counts.poolHits == [.nothing: 2])
        #expect(fixture.counts.poolMisses == [.nothing: 1])
        #expect(Set(fixture.driver.launches).count == 1)
    }

    @Test func theyAreMadeReadyForAProgramThatAsksForNoLimits() async throws {
        let fixture = try await EngineFixture(missing: ["python"]) { configuration in
            configuration.pool = PoolPolicy(floor: 1, ceiling: 4, idleSeconds: 60)
            configuration.limits.defaults.maxProcesses = 7
        }
        #expect(try await fixture.exec(fixture.create(.ephemeral, language: "bash"), "true").status == .succeeded)
        await ready(fixture, 2)
        #expect(fixture.driver.ready.map(\.maxProcesses) == [7, 7])
    }

    @Test func theRunThatFindsNoneIsServedBeforeTheyAreMade() async throws {
        let fixture = try await EngineFixture(missing: ["python"]) { configuration in
            configuration.pool = PoolPolicy(floor: 1, ceiling: 4, idleSeconds: 60)
        }
        fixture.driver.change { $0.launchErrors = [nil, OutpostError(.internal, "no"), OutpostError(.internal, "no")] }
        try await runBash(fixture)
        await fixture.driver.events.wait(for: "launch", times: 3)
        try await runBash(fixture)
    }

    @Test func anotherDirectoryUserOrSizeIsAnotherSandbox() async throws {
        let fixture = try await emptyFixture()
        await ready(fixture, 2)
        var elsewhere = Self.command
        elsewhere.workingDirectory = "/tmp"
        var larger = Self.command
        larger.limits.memoryMiB = 1024
        for request in [elsewhere, larger] { try await runBash(fixture, request) }
        _ = try await fixture.engine.sandboxes.execute(
            Self.command, language: "bash", security: SecurityRequest(user: .root), in: .default)
        #expect(fixture.counts.poolHits == [:])
        #expect(Set(fixture.driver.launches).count == 4)
    }

    @Test func clientsCannotMakeItKeepKindsWithoutEnd() async throws {
        let fixture = try await emptyFixture()
        for number in 0..<30 {
            var request = Self.command
            request.workingDirectory = "/\(number)"
            try await runBash(fixture, request)
        }
        #expect(await fixture.engine.pool.kindCount == 24)
    }

    @Test func whoThinksOfManyKindsCrowdsOutItsOwnAndNobodyElses() async throws {
        let fixture = try await fixture()
        await ready(fixture, 1)
        let start = try #require(fixture.driver.starts.first)
        let team = try #require(NamespaceName("team-a"))
        for number in 0..<56 {
            var request = Self.command
            request.workingDirectory = "/\(number)"
            _ = try await fixture.engine.sandboxes.execute(request, language: "bash", in: team)
        }
        #expect(await fixture.engine.pool.kindCount == 25)
        #expect(await fixture.engine.pool.standings(of: team).first?.used == 24)
        #expect(await fixture.engine.pool.acquire(start) != nil)
        #expect(fixture.counts.poolHits[.interpreter] == 1)
    }

    @Test func oneNamespaceLeavesRoomForTheReadySandboxesOfAnother() async throws {
        let fixture = try await emptyFixture()
        let team = try #require(NamespaceName("team-a"))
        // Each miss doubles what is kept of a kind, up to the ceiling of 4; all kinds together have 16.
        for number in 0..<10 {
            for _ in 0..<3 {
                var request = Self.command
                request.workingDirectory = "/\(number)"
                try await runBash(fixture, request)
            }
        }
        await waitUntil { await fixture.engine.pool.standings(of: .default).last?.used == 12 }
        _ = try await fixture.engine.sandboxes.execute(Self.command, language: "bash", in: team)
        await waitUntil { await fixture.engine.pool.standings(of: team).last?.used ?? 0 > 0 }
        await fixture.engine.pool.sweep()
        #expect(await fixture.engine.pool.standings(of: .default).last?.used == 12)
    }

    @Test func theStatefulSandboxesOfOneNamespaceKeepTheirInterpretersFromEachOtherOnly() async throws {
        let fixture = try await fixture(ceiling: 2)
        await ready(fixture, 1)
        let start = try #require(fixture.driver.starts.first)
        var known = try #require(start.value.content(as: FakeStart.self))
        known.sandbox.namespace = NamespaceName("team-a")
        let other = WarmKey(known, namespace: known.sandbox.namespace, source: OpaqueValue(known.arguments))
        let spares = SpareInterpreters(limit: 2)
        let driver = FakeDriver()
        let neighbour = FakeSandbox(driver)
        await spares.keep(start, in: neighbour)
        for _ in 0..<3 { await spares.keep(other, in: FakeSandbox(fixture.driver)) }
        #expect(await driver.events.list == ["expect python"], "the neighbour's was never ended")
    }

    @Test func aStatefulSandboxIsNeverOneThatWasReady() async throws {
        let fixture = try await emptyFixture()
        await ready(fixture, 2)
        #expect(try await fixture.exec(fixture.create(.stateful, language: "bash"), "true").status == .succeeded)
        #expect(fixture.counts.poolHits == [:])
    }

    @Test func emptyOnesFromAnotherImageAreGivenBack() async throws {
        let fixture = try await emptyFixture()
        await ready(fixture, 2)
        fixture.driver.change { $0.generation = "2" }
        await fixture.engine.pool.sweep()
        // One of the run, and two of the pool.
        await fixture.driver.events.wait(for: "discard", times: 3)
    }

    @Test func emptyOnesThatNobodyAsksForAreGivenBack() async throws {
        let fixture = try await emptyFixture()
        await ready(fixture, 2)
        fixture.clock.advance(seconds: 61)
        await fixture.engine.pool.sweep()
        #expect(await fixture.engine.pool.readyCount == 0)
    }

    @Test func anEmptyOneThatDiedIsNotHandedOut() async throws {
        let fixture = try await emptyFixture()
        await ready(fixture, 2)
        for handle in fixture.driver.handles { handle.die() }
        try await runBash(fixture)
        #expect(fixture.counts.poolHits == [:])
    }
}
