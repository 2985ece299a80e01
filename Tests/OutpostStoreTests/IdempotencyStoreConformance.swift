// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

private let key = IdempotencyKey(
    credential: CredentialID(), namespace: .default, method: "POST", path: "/auth/v1/pat", key: "k1")
private let answer = RecordedAnswer(head: "201 application/json", body: [0, 255, 10])
private let body: [UInt8] = [1, 2, 3]
private let day = idempotencyLifetimeSeconds

/// Which calls are served once: what every store must do.
struct IdempotencyStoreConformance {
    @Test(arguments: StoreKind.allCases)
    func aKeyGoesFromNewToInProgressToItsAnswer(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let store = stores.idempotency
            #expect(try await store.begin(key, bodyHash: body, at: .second(0)) == .new)
            #expect(try await store.begin(key, bodyHash: body, at: .second(1)) == .inProgress)
            try await store.finish(key, with: answer)
            #expect(try await store.begin(key, bodyHash: body, at: .second(2)) == .replay(answer))
        }
    }

    @Test(arguments: StoreKind.allCases, [false, true])
    func anotherBodyIsAMismatchBeforeAndAfterTheAnswer(kind: StoreKind, answered: Bool) async throws {
        try await kind.withStores { stores in
            _ = try await stores.idempotency.begin(key, bodyHash: body, at: .second(0))
            if answered { try await stores.idempotency.finish(key, with: answer) }
            #expect(try await stores.idempotency.begin(key, bodyHash: [9], at: .second(1)) == .mismatch)
        }
    }

    @Test(
        arguments: StoreKind.allCases,
        [
            IdempotencyKey(credential: CredentialID(), method: key.method, path: key.path, key: key.key),
            IdempotencyKey(credential: key.credential, method: "PUT", path: key.path, key: key.key),
            IdempotencyKey(credential: key.credential, method: key.method, path: "/other", key: key.key),
            IdempotencyKey(credential: key.credential, method: key.method, path: key.path, key: "k2"),
        ])
    func everyPartOfAKeyTellsRequestsApart(kind: StoreKind, other: IdempotencyKey) async throws {
        try await kind.withStores { stores in
            _ = try await stores.idempotency.begin(key, bodyHash: body, at: .second(0))
            #expect(try await stores.idempotency.begin(other, bodyHash: body, at: .second(0)) == .new)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anAbandonedKeyIsNewAgainButAnAnswerStays(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let store = stores.idempotency
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            try await store.abandon(key)
            #expect(try await store.begin(key, bodyHash: [9], at: .second(1)) == .new)
            try await store.finish(key, with: answer)
            try await store.abandon(key)
            #expect(try await store.begin(key, bodyHash: [9], at: .second(2)) == .replay(answer))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aNamespaceHasNoMoreRecordsOrBytesThanItMayHave(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let store = stores.idempotency
            func key(_ text: String, _ namespace: NamespaceName? = .default) -> IdempotencyKey {
                IdempotencyKey(credential: CredentialID(), namespace: namespace, method: "POST", path: "/p", key: text)
            }
            let two = IdempotencyLimits(records: 2)
            let first = key("1")
            #expect(try await store.begin(first, bodyHash: body, at: .second(0), within: two) == .new)
            #expect(try await store.begin(key("2"), bodyHash: body, at: .second(1), within: two) == .new)
            let usage = IdempotencyUsage(records: 2, bytes: 0)
            #expect(try await store.begin(key("3"), bodyHash: body, at: .second(1), within: two) == .full(usage))
            #expect(try await store.begin(first, bodyHash: body, at: .second(1), within: two) == .inProgress)
            let team = try #require(NamespaceName("team-a"))
            #expect(try await store.begin(key("3", team), bodyHash: body, at: .second(1), within: two) == .new)
            #expect(try await store.begin(key("3", nil), bodyHash: body, at: .second(1), within: two) == .new)
            try await store.finish(first, with: answer)
            #expect(try await store.usage(of: .default) == IdempotencyUsage(records: 2, bytes: 3))
            let threeBytes = IdempotencyLimits(bytes: 3)
            let full = try await store.begin(key("4"), bodyHash: body, at: .second(1), within: threeBytes)
            #expect(full == .full(IdempotencyUsage(records: 2, bytes: 3)))
            #expect(try await store.begin(first, bodyHash: body, at: .second(day), within: two) == .new)
            #expect(try await store.usage(of: .default) == IdempotencyUsage(records: 2, bytes: 0))
            try await store.abandon(first)
            try await store.sweep(before: .second(2))
            #expect(try await store.usage(of: .default) == IdempotencyUsage())
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theFirstAnswerStands(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let store = stores.idempotency
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            try await store.finish(key, with: answer)
            try await store.finish(key, with: RecordedAnswer(head: "500 text/plain", body: []))
            #expect(try await store.begin(key, bodyHash: body, at: .second(1)) == .replay(answer))
        }
    }

    @Test(arguments: StoreKind.allCases, [false, true])
    func aClaimCountsForADay(kind: StoreKind, answered: Bool) async throws {
        try await kind.withStores { stores in
            let store = stores.idempotency
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            if answered { try await store.finish(key, with: answer) }
            let late = try await store.begin(key, bodyHash: body, at: .second(day - 1))
            #expect(late == (answered ? .replay(answer) : .inProgress))
            #expect(try await store.begin(key, bodyHash: [9], at: .second(day)) == .new)
            #expect(try await store.begin(key, bodyHash: [9], at: .second(day + 1)) == .inProgress)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func sweepingRemovesTheOldAlone(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let store = stores.idempotency
            let younger = IdempotencyKey(credential: CredentialID(), method: "POST", path: "/", key: "younger")
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            _ = try await store.begin(younger, bodyHash: body, at: .second(10))
            #expect(try await store.sweep(before: .second(10)) == 1)
            #expect(try await store.begin(younger, bodyHash: body, at: .second(11)) == .inProgress)
            #expect(try await store.begin(key, bodyHash: body, at: .second(11)) == .new)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofManyAtOnceOneIsNew(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let claims = try await withThrowingTaskGroup(of: IdempotencyClaim.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await stores.idempotency.begin(key, bodyHash: body, at: .second(0)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(claims.filter { $0 == .new }.count == 1)
            #expect(claims.filter { $0 == .inProgress }.count == 49)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRestartKeepsAnswersAndDropsTheUnanswered(kind: StoreKind) async throws {
        let unanswered = IdempotencyKey(credential: CredentialID(), method: "POST", path: "/", key: "unanswered")
        try await kind.withRestart { stores in
            _ = try await stores.idempotency.begin(key, bodyHash: body, at: .second(0))
            try await stores.idempotency.finish(key, with: answer)
            _ = try await stores.idempotency.begin(unanswered, bodyHash: body, at: .second(0))
        } then: { (stores) async throws in
            #expect(try await stores.idempotency.begin(key, bodyHash: body, at: .second(1)) == .replay(answer))
            #expect(try await stores.idempotency.begin(unanswered, bodyHash: body, at: .second(1)) == .new)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theNamespaceMakesNoOtherRequest(kind: StoreKind) async throws {
        let team = try #require(NamespaceName("team-a"))
        let elsewhere = IdempotencyKey(
            credential: key.credential, namespace: team, method: key.method, path: key.path, key: key.key)
        try await kind.withStores { stores in
            let store = stores.idempotency
            #expect(try await store.begin(key, bodyHash: body, at: .second(0)) == .new)
            #expect(try await store.begin(elsewhere, bodyHash: body, at: .second(1)) == .inProgress)
            try await store.finish(elsewhere, with: answer)
            #expect(try await store.begin(key, bodyHash: body, at: .second(2)) == .replay(answer))
            // It counts for the namespace of the call that came first.
            #expect(try await store.usage(of: .default) == IdempotencyUsage(records: 1, bytes: 3))
            #expect(try await store.usage(of: team) == IdempotencyUsage())
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatNobodyHasBegunIsNeitherAnsweredNorGivenUp(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.idempotency.finish(key, with: answer)
            try await stores.idempotency.abandon(key)
            #expect(try await stores.idempotency.usage(of: .default) == IdempotencyUsage())
            #expect(try await stores.idempotency.begin(key, bodyHash: body, at: .second(0)) == .new)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aClosedStoreServesNoKey(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.close()
            try await expectError(.internal) {
                _ = try await stores.idempotency.begin(key, bodyHash: body, at: .second(0))
            }
        }
    }
}
