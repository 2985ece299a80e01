// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// Snapshots and forks: which layers a sandbox has, and who keeps them.
struct SnapshotTests {
    private func snapshot(_ id: SandboxID, _ fixture: EngineFixture, name: String? = nil) async throws -> Snapshot {
        try await fixture.engine.sandboxes.snapshot(id, name: name, in: .default)
    }

    private func fork(_ id: SandboxID, _ fixture: EngineFixture, count: Int = 1) async throws -> [Sandbox] {
        try await fixture.engine.sandboxes.fork(id, count: count, in: .default)
    }

    /// A sandbox that has written something.
    private func used(_ fixture: EngineFixture) async throws -> SandboxID {
        let id = try await fixture.create()
        fixture.clock.advance(seconds: 1)
        _ = try await fixture.exec(id, "true")
        return id
    }

    private func sealed(_ fixture: EngineFixture) -> Set<SealedDiskID> { Set(fixture.driver.listSealed().keys) }

    @Test func theSandboxGoesOnAboveItsSealedDisk() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        let made = try await snapshot(id, fixture, name: "before the upgrade")
        #expect(made.layers.count == 1 && made.name == "before the upgrade" && made.sandboxID == id)
        #expect(sealed(fixture) == Set(made.layers))
        _ = try await fixture.exec(id, "true")
        #expect(fixture.driver.launches.map(\.layers) == [[], made.layers])
        #expect(fixture.driver.diskSet == [id])
        #expect(fixture.stores.current.sandboxes[id]?.layers == made.layers)
        #expect(fixture.stores.current.snapshots == [made.id: made])
        #expect(fixture.stores.current.sealings.isEmpty)
    }

    @Test func aSnapshotOfWhatHasNotChangedNeedsNoFurtherLayer() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        let first = try await snapshot(id, fixture)
        let second = try await snapshot(id, fixture)
        #expect(first.layers == second.layers && first.id != second.id)
        let untouched = try await fixture.create()
        #expect(try await snapshot(untouched, fixture).layers.isEmpty)
    }

    @Test func forksShareTheLayersAndHaveTheSettings() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        let forks = try await fork(id, fixture, count: 2)
        let layers = try await fixture.sandbox(id).layers
        #expect(layers.count == 1)
        let origin = try await fixture.sandbox(id)
        for fork in forks {
            #expect(fork.layers == layers && fork.language == origin.language && fork.limits == origin.limits)
            #expect(fork.id != id && fork.createdAt == fixture.clock.now)
            _ = try await fixture.exec(fork.id, "true")
        }
        #expect(fixture.driver.launches.map(\.layers) == [[], layers, layers])
    }

    @Test func aSandboxStartsFromASnapshot() async throws {
        let fixture = try await EngineFixture()
        let made = try await snapshot(try await used(fixture), fixture)
        func create(_ mode: SandboxMode, _ id: SnapshotID, _ namespace: NamespaceName = .default) async throws
            -> Sandbox
        {
            try await fixture.engine.sandboxes.create(
                SandboxRequest(language: "bash", mode: mode, snapshot: id), in: namespace)
        }
        #expect(try await create(.stateful, made.id).layers == made.layers)
        #expect(try await code { _ = try await create(.ephemeral, made.id) } == .invalidRequest)
        #expect(try await code { _ = try await create(.stateful, SnapshotID()) } == .notFound)
        let other = try #require(NamespaceName("other"))
        #expect(try await code { _ = try await create(.stateful, made.id, other) } == .notFound)
        #expect(try await code { try await fixture.engine.sandboxes.delete(made.id, in: other) } == .notFound)
        #expect(await fixture.engine.sandboxes.snapshots(in: other).isEmpty)
    }

    @Test func aLayerGoesWithTheLastThatUsesIt() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        let made = try await snapshot(id, fixture)
        let fork = try #require(try await fork(id, fixture).first)
        try await fixture.engine.sandboxes.delete(id, in: .default)
        try await fixture.engine.sandboxes.delete(made.id, in: .default)
        await fixture.engine.sandboxes.waitForTeardowns()
        #expect(sealed(fixture) == Set(made.layers))
        try await fixture.engine.sandboxes.delete(fork.id, in: .default)
        await fixture.driver.events.wait(for: "remove sealed")
        #expect(sealed(fixture).isEmpty)
        #expect(try await code { try await fixture.engine.sandboxes.delete(made.id, in: .default) } == .notFound)
    }

    @Test func afterFifteenLayersTheDiskIsCopiedAndASixteenthIsTheLast() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        for _ in 0..<15 {
            _ = try await snapshot(id, fixture)
            _ = try await fixture.exec(id, "true")
        }
        #expect(try await fixture.sandbox(id).layers.count == 15)
        #expect(await fixture.driver.events.count("copy") == 0)
        for _ in 0..<2 {
            let made = try await snapshot(id, fixture)
            #expect(made.layers.count == 16)
            #expect(Set(made.layers).isSubset(of: sealed(fixture)))
        }
        #expect(await fixture.driver.events.count("copy") == 2)
        #expect(try await fixture.sandbox(id).layers.count == 15)
        let fork = try #require(try await fork(id, fixture).first)
        _ = try await fixture.exec(fork.id, "true")
        let refused = await #expect(throws: OutpostError.self) { _ = try await snapshot(fork.id, fixture) }
        #expect(refused?.code == .conflict && refused?.message.contains("16 layers") == true)
        #expect(try await fixture.exec(fork.id, "true").status == .succeeded)
    }

    @Test func itWaitsForTheRunBeforeItAndLaterOnesWaitForIt() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        let run = await fixture.hold(id, "a")
        let making = Task { try await snapshot(id, fixture) }
        await waitUntil { fixture.engine.quotas.used(.waitingRuns, in: .default) == 1 }
        #expect(await fixture.driver.events.count("seal") == 0)
        fixture.driver.held.finish("a")
        _ = try await run.value
        #expect(try await making.value.layers.count == 1)
    }

    @Test func whatIsInProgressBesideTheRunsIsAConflict() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        let hold = try await fixture.engine.sandboxes.hold(id, in: .default, for: .process)
        let busy = await #expect(throws: OutpostError.self) { _ = try await snapshot(id, fixture) }
        #expect(busy?.code == .conflict && busy?.message.contains("is running") == true)
        hold.release()
        await waitUntil { (try? await snapshot(id, fixture)) != nil }
        _ = try await fixture.engine.sandboxes.pause(id, in: .default)
        let paused = await #expect(throws: OutpostError.self) { _ = try await fork(id, fixture) }
        #expect(paused?.message == "sandbox \(id) is paused")
        let ephemeral = try await fixture.create(.ephemeral)
        #expect(try await code { _ = try await snapshot(ephemeral, fixture) } == .conflict)
        #expect(try await code { _ = try await snapshot(SandboxID(), fixture) } == .notFound)
    }

    @Test func theQuotaOfSnapshotsIsOfTheNamespace() async throws {
        let fixture = try await EngineFixture {
            $0.quotas = QuotaPolicy(standard: .init([.snapshots: 1, .sandboxes: 2]))
        }
        let id = try await used(fixture)
        let made = try await snapshot(id, fixture)
        let refused = await #expect(throws: OutpostError.self) { _ = try await snapshot(id, fixture) }
        #expect(refused?.code == .rateLimited && refused?.message.contains("max_snapshots") == true)
        #expect(try await code { _ = try await fork(id, fixture, count: 2) } == .rateLimited)
        try await fixture.engine.sandboxes.delete(made.id, in: .default)
        _ = try await snapshot(id, fixture)
        #expect(fixture.engine.quotas.used(.snapshots, in: .default) == 1)
        #expect(fixture.engine.quotas.used(.sandboxes, in: .default) == 1)
    }

    @Test func aRecordThatCannotBeStoredLeavesTheSandboxWithItsFiles() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        #expect(try await code { _ = try await snapshot(id, fixture) } == .insufficientStorage)
        #expect(sealed(fixture).isEmpty && fixture.driver.diskSet == [id])
        fixture.stores.change { $0.failure = nil }
        #expect(try await snapshot(id, fixture).layers.count == 1)
        #expect(fixture.engine.quotas.used(.snapshots, in: .default) == 1)
    }

    @Test func aSealingThatFailsWithoutTheDiskEndsTheSandboxUntilTheNextStart() async throws {
        let fixture = try await EngineFixture()
        let id = try await used(fixture)
        fixture.driver.change { $0.sealError = (OutpostError(.internal, "the host's disk failed"), isDone: false) }
        #expect(try await code { _ = try await snapshot(id, fixture) } == .internal)
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        fixture.driver.change { $0.sealError = (OutpostError(.internal, "the host's disk failed"), isDone: true) }
        #expect(try await code { _ = try await snapshot(id, fixture) } == .internal)
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .conflict)
        let next = try await EngineFixture(clock: fixture.clock, stores: fixture.stores, driver: fixture.driver)
        #expect(try await next.sandbox(id).layers == Array(sealed(next)))
        #expect(try await next.exec(id, "true").status == .succeeded)
    }

    // MARK: - Recovery

    /// A start over a sandbox whose disk was being sealed when the server died.
    private func recover(isSealed: Bool) async throws -> (EngineFixture, Sandbox, SealedDiskID) {
        var sandbox = Sandbox.sample(mode: .stateful)
        sandbox.lastUsedAt = sandbox.createdAt.advanced(bySeconds: 1)
        let disk = SealedDiskID()
        let stores = MemoryStores()
        let driver = FakeDriver()
        driver.change { state in
            if isSealed { state.sealed[disk] = sandbox.namespace } else { state.disks = [sandbox.id] }
        }
        stores.change { [sandbox] state in
            state.sealings = [DiskSealing(sandbox: sandbox.id, disk: disk)]
            state.sandboxes[sandbox.id] = sandbox
        }
        return (try await EngineFixture(stores: stores, driver: driver), sandbox, disk)
    }

    @Test(arguments: [false, true])
    func aServerThatDiesInASealingLeavesAWholeSandbox(isSealed: Bool) async throws {
        let (fixture, sandbox, disk) = try await recover(isSealed: isSealed)
        let found = try await fixture.engine.sandboxes.sandbox(sandbox.id, in: sandbox.namespace)
        #expect(found.status == .ready && found.layers == (isSealed ? [disk] : []))
        #expect(fixture.stores.current.sealings.isEmpty)
        #expect(fixture.stores.current.sandboxes[sandbox.id]?.layers == found.layers)
        #expect(sealed(fixture) == (isSealed ? [disk] : []))
        #expect(
            try await fixture.engine.sandboxes.exec(
                ExecutionRequest(program: .command(["true"])), id: sandbox.id, in: sandbox.namespace
            ).status == .succeeded)
        #expect(fixture.driver.launches.map(\.layers) == [found.layers])
    }

    @Test func everythingIsThereAfterARestart() async throws {
        let first = try await EngineFixture()
        let id = try await used(first)
        let made = try await snapshot(id, first)
        let forks = try await fork(id, first)
        let second = try await EngineFixture(clock: first.clock, stores: first.stores, driver: first.driver)
        #expect(await second.engine.sandboxes.snapshots(in: .default) == [made])
        #expect(try await second.sandbox(id).status == .ready)
        #expect(try await second.sandbox(forks[0].id).layers == made.layers)
        #expect(second.engine.quotas.used(.snapshots, in: .default) == 1)
        first.clock.advance(seconds: 1)
        _ = try await second.exec(id, "true")
        try await second.engine.sandboxes.sweep()
        // It has a new disk since then.
        first.driver.change { $0.disks = [] }
        let third = try await EngineFixture(clock: first.clock, stores: first.stores, driver: first.driver)
        #expect(try await third.sandbox(id).status == .failed)
    }

    @Test func aSandboxWithoutOneOfItsLayersHasLostItsFiles() async throws {
        let first = try await EngineFixture()
        let id = try await used(first)
        _ = try await snapshot(id, first)
        first.driver.change { $0.sealed = [:] }
        let second = try await EngineFixture(clock: first.clock, stores: first.stores, driver: first.driver)
        #expect(try await second.sandbox(id).status == .failed)
    }

    @Test(arguments: [false, true])
    func aSealedDiskThatNothingUsesIsRemovedUnlessARecordMayNameIt(hasQuarantine: Bool) async throws {
        let stores = MemoryStores()
        let driver = FakeDriver()
        let disk = SealedDiskID()
        driver.change { $0.sealed = [disk: .default] }
        let record = QuarantinedRecord(id: "?", reason: "damaged", quarantinedAt: ManualClock().now)
        stores.change { $0.quarantined = hasQuarantine ? [record] : [] }
        let fixture = try await EngineFixture(stores: stores, driver: driver)
        #expect(sealed(fixture) == (hasQuarantine ? [disk] : []))
    }
}
