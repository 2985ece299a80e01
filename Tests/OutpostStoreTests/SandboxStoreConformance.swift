// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// What is kept of sandboxes: what every store must do.
struct SandboxStoreConformance {
    @Test(arguments: StoreKind.allCases)
    func aSandboxComesBackAsItWasPutIn(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let full = Sandbox.sample(createdAt: .second(0), expiresAt: .second(60))
            let bare = Sandbox.sample(name: nil, metadata: [:], createdAt: .second(1))
            try await stores.sandboxes.insert(full)
            try await stores.sandboxes.insert(bare)
            #expect(try await stores.sandboxes.all().sandboxes == [full, bare])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anIdCanBeTakenOnlyOnce(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let first = Sandbox.sample(name: "first")
            try await stores.sandboxes.insert(first)
            try await expectError(.conflict) {
                try await stores.sandboxes.insert(.sample(id: first.id, name: "second"))
            }
            #expect(try await stores.sandboxes.all().sandboxes == [first])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func deletingWorksOnce(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let sandbox = Sandbox.sample()
            try await stores.sandboxes.insert(sandbox)
            #expect(try await stores.sandboxes.delete(sandbox.id))
            #expect(try await !stores.sandboxes.delete(sandbox.id))
            #expect(try await stores.sandboxes.all().sandboxes.isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func touchesAreRecordedAndThoseOfTheGoneIgnored(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            var first = Sandbox.sample(createdAt: .second(0), expiresAt: .second(60))
            var second = Sandbox.sample(createdAt: .second(1))
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
            #expect(try await stores.sandboxes.all().sandboxes == [first, second])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func recoverySeesEveryNamespaceOldestFirst(kind: StoreKind) async throws {
        try await kind.withStores { stores in
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

    @Test(arguments: StoreKind.allCases)
    func sandboxesOfOneMomentComeInTheOrderOfTheirIds(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let sandboxes = (0..<20).map { _ in Sandbox.sample() }
            for sandbox in sandboxes { try await stores.sandboxes.insert(sandbox) }
            #expect(
                try await stores.sandboxes.all().sandboxes == sandboxes.sorted { $0.id.rawValue < $1.id.rawValue })
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRestartFindsEverySandboxAsItWas(kind: StoreKind) async throws {
        var sandbox = Sandbox.sample(expiresAt: .second(60))
        try await kind.withRestart { stores in
            try await stores.sandboxes.insert(sandbox)
            let touch = SandboxTouch(id: sandbox.id, lastUsedAt: .second(7), expiresAt: .second(67))
            try await stores.sandboxes.touch([touch])
        } then: { (stores) async throws in
            sandbox.lastUsedAt = .second(7)
            sandbox.expiresAt = .second(67)
            #expect(try await stores.sandboxes.all().sandboxes == [sandbox])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func nothingIsReadOrWrittenOnceItIsClosed(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.close()
            try await expectError(.internal) { try await stores.sandboxes.insert(.sample()) }
            try await expectError(.internal) { _ = try await stores.sandboxes.all() }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aWriteOfACancelledTaskIsStillDone(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let sandbox = Sandbox.sample()
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await stores.sandboxes.insert(sandbox)
            }
            try await task.value
            #expect(try await stores.sandboxes.all().sandboxes == [sandbox])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func manyWritersAndReadersAtOnceLoseNothing(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let sandbox = Sandbox.sample()
                        try await stores.sandboxes.insert(sandbox)
                        #expect(try await stores.sandboxes.all().sandboxes.contains(sandbox))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await stores.sandboxes.all().sandboxes.count == 100)
        }
    }
}
