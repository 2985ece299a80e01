// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// What a server makes of what an earlier one left.
struct RecoveryTests {
    /// A start over these records and disks.
    private func start(
        _ sandboxes: [Sandbox] = [], disks: Set<SandboxID> = [], quarantined: [QuarantinedRecord] = []
    ) async throws -> EngineFixture {
        let stores = MemoryStores()
        stores.change { state in
            for sandbox in sandboxes { state.sandboxes[sandbox.id] = sandbox }
            state.quarantined = quarantined
        }
        let driver = FakeDriver()
        driver.change { $0.disks = disks }
        return try await EngineFixture(stores: stores, driver: driver)
    }

    /// A sandbox that was used a second after it was made.
    private func used(_ mode: SandboxMode = .stateful) -> Sandbox {
        var sandbox = Sandbox.sample(mode: mode)
        sandbox.lastUsedAt = sandbox.createdAt.advanced(bySeconds: 1)
        return sandbox
    }

    @Test func sandboxesWithTheirFilesAreTakenUp() async throws {
        let sandbox = used()
        let fixture = try await start([sandbox], disks: [sandbox.id])
        #expect(try await fixture.sandbox(sandbox.id) == sandbox)
        #expect(try await fixture.exec(sandbox.id, "true").status == .succeeded)
    }

    @Test func aDiskWithoutASandboxIsRemoved() async throws {
        let kept = used()
        let fixture = try await start([kept], disks: [kept.id, SandboxID()])
        #expect(fixture.driver.diskSet == [kept.id])
    }

    @Test func theDiskOfARecordThatCannotBeReadStays() async throws {
        let id = SandboxID()
        let record = QuarantinedRecord(id: id.rawValue, reason: "damaged", quarantinedAt: ManualClock().now)
        let fixture = try await start(disks: [id], quarantined: [record])
        #expect(fixture.driver.diskSet == [id])
        #expect(try await code { _ = try await fixture.sandbox(id) } == .notFound)
    }

    @Test func aSandboxThatHasLostItsFilesFailsAndCanBeDeleted() async throws {
        let sandbox = used()
        let fixture = try await start([sandbox])
        #expect(try await fixture.sandbox(sandbox.id).status == .failed)
        #expect(try await code { _ = try await fixture.exec(sandbox.id, "true") } == .conflict)
        #expect(fixture.driver.launches.isEmpty)
        try await fixture.engine.sandboxes.delete(sandbox.id, in: .default)
        #expect(fixture.stores.current.sandboxes.isEmpty)
    }

    @Test(arguments: [Sandbox.sample(mode: .stateful), .sample(mode: .ephemeral)])
    func aSandboxThatNeverHadFilesHasLostNone(sandbox: Sandbox) async throws {
        let fixture = try await start([sandbox])
        #expect(try await fixture.sandbox(sandbox.id).status == .ready)
        #expect(try await fixture.exec(sandbox.id, "true").status == .succeeded)
    }

    @Test(arguments: [ErrorCode.internal, .insufficientStorage, .invalidRequest])
    func aSandboxThatWasNeverBroughtUpHasLostNothing(reason: ErrorCode) async throws {
        let first = try await EngineFixture()
        let id = try await first.create()
        first.clock.advance(seconds: 5)
        first.driver.change { $0.launchErrors = [OutpostError(reason, "no")] }
        _ = try await code { _ = try await first.exec(id, "true") }
        try await first.engine.sandboxes.sweep()
        let second = try await EngineFixture(clock: first.clock, stores: first.stores, driver: first.driver)
        #expect(try await second.exec(id, "true").status == .succeeded)
    }

    @Test func aUsedEphemeralSandboxNeedsNoDisk() async throws {
        let sandbox = used(.ephemeral)
        let fixture = try await start([sandbox])
        #expect(try await fixture.sandbox(sandbox.id).status == .ready)
    }

    @Test func whatExpiredMeanwhileIsDeletedAtTheFirstSweep() async throws {
        var sandbox = used()
        sandbox.timeToLiveSeconds = 1
        sandbox.expiresAt = SandboxController.expiry(sandbox)
        let fixture = try await start([sandbox], disks: [sandbox.id])
        fixture.clock.advance(seconds: 2)
        try await fixture.engine.sandboxes.sweep()
        await fixture.engine.sandboxes.waitForTeardowns()
        #expect(fixture.driver.diskSet.isEmpty)
    }

    @Test func aDriverThatCannotRemoveADiskStopsTheStart() async throws {
        let driver = FakeDriver()
        driver.change { state in
            state.disks = [SandboxID()]
            state.removeError = OutpostError(.internal, "no")
        }
        #expect(try await code { _ = try await EngineFixture(driver: driver) } == .internal)
    }
}
