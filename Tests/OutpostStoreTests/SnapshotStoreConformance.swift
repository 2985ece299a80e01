// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// What is kept of snapshots and of disks that are being sealed: what every store must do.
struct SnapshotStoreConformance {
    private func snapshot(of sandbox: Sandbox, name: String? = "a", at second: Int64 = 5) -> Snapshot {
        Snapshot(
            namespace: sandbox.namespace, sandboxID: sandbox.id, name: name, layers: [SealedDiskID(), SealedDiskID()],
            bytes: 4096, createdAt: .second(second))
    }

    @Test(arguments: StoreKind.allCases)
    func aChangeIsMadeAsAWhole(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            var sandbox = Sandbox.sample(createdAt: .second(0))
            try await stores.sandboxes.insert(sandbox)
            try await stores.sandboxes.begin(DiskSealing(sandbox: sandbox.id, disk: SealedDiskID()))
            sandbox.name = nil
            sandbox.layers = [SealedDiskID()]
            sandbox.sealedAfterUse = .second(1)
            let fork = Sandbox.sample(createdAt: .second(1))
            let snapshot = snapshot(of: sandbox)
            let change = SandboxChange(updated: sandbox, inserted: [fork], snapshot: snapshot)
            #expect(try await stores.sandboxes.commit(change))
            let inventory = try await stores.sandboxes.all()
            #expect(inventory.sandboxes == [sandbox, fork])
            #expect(inventory.snapshots == [snapshot])
            #expect(inventory.sealings.isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aChangeOfASandboxThatIsGoneOrWithATakenIdIsNotMadeAtAll(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let sandbox = Sandbox.sample(createdAt: .second(0))
            let snapshot = snapshot(of: sandbox)
            let gone = SandboxChange(updated: sandbox, inserted: [.sample()], snapshot: snapshot)
            #expect(try await !stores.sandboxes.commit(gone))
            try await stores.sandboxes.insert(sandbox)
            var renamed = sandbox
            renamed.name = "renamed"
            try await expectError(.conflict) {
                _ = try await stores.sandboxes.commit(
                    SandboxChange(updated: renamed, inserted: [sandbox], snapshot: snapshot))
            }
            let inventory = try await stores.sandboxes.all()
            #expect(inventory.sandboxes == [sandbox] && inventory.snapshots.isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func sealingsStayInTheirOrderUntilTheirSandboxIsUpdatedOrDeleted(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let (first, second) = (Sandbox.sample(), Sandbox.sample())
            for sandbox in [first, second] { try await stores.sandboxes.insert(sandbox) }
            let sealings = [first, second, first].map { DiskSealing(sandbox: $0.id, disk: SealedDiskID()) }
            for sealing in sealings { try await stores.sandboxes.begin(sealing) }
            #expect(try await stores.sandboxes.all().sealings == sealings)
            #expect(try await stores.sandboxes.commit(SandboxChange(updated: first)))
            #expect(try await stores.sandboxes.all().sealings == [sealings[1]])
            try await stores.sandboxes.delete(second.id)
            #expect(try await stores.sandboxes.all().sealings.isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRestartFindsEverySnapshotOldestFirst(kind: StoreKind) async throws {
        let sandbox = Sandbox.sample()
        let snapshots = [snapshot(of: sandbox, at: 2), snapshot(of: sandbox, name: nil, at: 1)]
        let sealing = DiskSealing(sandbox: sandbox.id, disk: SealedDiskID())
        try await kind.withRestart { stores in
            for snapshot in snapshots {
                #expect(try await stores.sandboxes.commit(SandboxChange(snapshot: snapshot)))
            }
            try await stores.sandboxes.begin(sealing)
        } then: { (stores) async throws in
            let inventory = try await stores.sandboxes.all()
            #expect(inventory.snapshots == [snapshots[1], snapshots[0]])
            #expect(inventory.sealings == [sealing])
            let id = snapshots[0].id
            #expect(try await stores.sandboxes.delete(id))
            #expect(try await !stores.sandboxes.delete(id))
            #expect(try await stores.sandboxes.all().snapshots == [snapshots[1]])
        }
    }
}
