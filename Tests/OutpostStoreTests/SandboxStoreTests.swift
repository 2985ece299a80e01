// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

struct SandboxStoreTests {
    @Test func aSandboxComesBackAsItWasPutIn() async throws {
        try await withStores { stores in
            let full = Sandbox.sample(expiresAt: .second(60))
            let bare = Sandbox.sample(name: nil, metadata: [:])
            try await stores.sandboxes.insert(full)
            try await stores.sandboxes.insert(bare)
            #expect(try await stores.sandboxes.sandbox(full.id, in: .default) == full)
            #expect(try await stores.sandboxes.sandbox(bare.id, in: .default) == bare)
            #expect(try await stores.sandboxes.count() == 2)
        }
    }

    @Test func anIdCanBeTakenOnlyOnce() async throws {
        try await withStores { stores in
            let first = Sandbox.sample(name: "first")
            try await stores.sandboxes.insert(first)
            try await expectError(.conflict) {
                try await stores.sandboxes.insert(.sample(id: first.id, name: "second"))
            }
            #expect(try await stores.sandboxes.sandbox(first.id, in: .default)?.name == "first")
        }
    }

    @Test func anotherNamespaceDoesNotSeeIt() async throws {
        try await withStores { stores in
            let other = try #require(NamespaceName("other"))
            let sandbox = Sandbox.sample()
            try await stores.sandboxes.insert(sandbox)
            #expect(try await stores.sandboxes.sandbox(sandbox.id, in: other) == nil)
            #expect(try await stores.sandboxes.list(SandboxQuery(namespace: other)).total == 0)
        }
    }

    @Test func deletingWorksOnce() async throws {
        try await withStores { stores in
            let sandbox = Sandbox.sample()
            try await stores.sandboxes.insert(sandbox)
            #expect(try await stores.sandboxes.delete(sandbox.id))
            #expect(try await !stores.sandboxes.delete(sandbox.id))
            #expect(try await stores.sandboxes.sandbox(sandbox.id, in: .default) == nil)
        }
    }

    @Test(arguments: SandboxStatus.allCases)
    func aStatusChangesAlone(status: SandboxStatus) async throws {
        try await withStores { stores in
            var sandbox = Sandbox.sample(status: .creating)
            try await stores.sandboxes.insert(sandbox)
            #expect(try await stores.sandboxes.updateStatus(sandbox.id, to: status))
            sandbox.status = status
            #expect(try await stores.sandboxes.sandbox(sandbox.id, in: .default) == sandbox)
            #expect(try await !stores.sandboxes.updateStatus(SandboxID(), to: status))
        }
    }

    @Test func touchesAreRecordedAndThoseOfTheGoneIgnored() async throws {
        try await withStores { stores in
            var first = Sandbox.sample(expiresAt: .second(60))
            var second = Sandbox.sample()
            try await stores.sandboxes.insert(first)
            try await stores.sandboxes.insert(second)
            try await stores.sandboxes.touch([
                SandboxTouch(id: first.id, lastUsedAt: .second(5), expiresAt: nil),
                SandboxTouch(id: SandboxID(), lastUsedAt: .second(5), expiresAt: nil),
                SandboxTouch(id: second.id, lastUsedAt: .second(6), expiresAt: .second(66)),
            ])
            first.lastUsedAt = .second(5)
            first.expiresAt = nil
            second.lastUsedAt = .second(6)
            second.expiresAt = .second(66)
            #expect(try await stores.sandboxes.sandbox(first.id, in: .default) == first)
            #expect(try await stores.sandboxes.sandbox(second.id, in: .default) == second)
        }
    }

    @Test func theExpiredComeSoonestFirstAndTheMomentItselfCounts() async throws {
        try await withStores { stores in
            let moments: [Timestamp?] = [.second(30), nil, .second(10), .second(31), .second(20)]
            for moment in moments {
                try await stores.sandboxes.insert(.sample(expiresAt: moment))
            }
            let expired = try await stores.sandboxes.expired(before: .second(30))
            #expect(expired.map(\.expiresAt) == [.second(10), .second(20), .second(30)])
        }
    }

    @Test func recoverySeesEveryNamespaceOldestFirst() async throws {
        try await withStores { stores in
            let other = try #require(NamespaceName("other"))
            let sandboxes = [
                Sandbox.sample(createdAt: .second(2)), .sample(namespace: other, createdAt: .second(1)),
                .sample(createdAt: .second(3)),
            ]
            for sandbox in sandboxes { try await stores.sandboxes.insert(sandbox) }
            let inventory = try await stores.sandboxes.all()
            #expect(inventory.sandboxes == [sandboxes[1], sandboxes[0], sandboxes[2]])
            #expect(inventory.quarantined.isEmpty)
        }
    }

    @Test func aWriteOfACancelledTaskIsStillDone() async throws {
        try await withStores { stores in
            let sandbox = Sandbox.sample()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await stores.sandboxes.insert(sandbox)
                return try await stores.sandboxes.sandbox(sandbox.id, in: .default)
            }
            let stored = try await task.value
            #expect(stored == sandbox)
        }
    }

    @Test func manyWritersAndReadersAtOnceLoseNothing() async throws {
        try await withStores { stores in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let sandbox = Sandbox.sample()
                        try await stores.sandboxes.insert(sandbox)
                        #expect(try await stores.sandboxes.sandbox(sandbox.id, in: .default) == sandbox)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await stores.sandboxes.count() == 100)
        }
    }
}
