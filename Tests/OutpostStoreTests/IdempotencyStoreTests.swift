// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostStoreSQLite
import Testing

private let key = IdempotencyKey(
    credential: CredentialID(), namespace: .default, method: "POST", path: "/auth/v1/pat", key: "k1")
private let answer = RecordedAnswer(head: "201 application/json", body: [0, 255, 10])
private let body: [UInt8] = [1, 2, 3]
private let day = idempotencyLifetimeSeconds

struct IdempotencyStoreTests {
    @Test func aKeyGoesFromNewToInProgressToItsAnswer() async throws {
        try await withStores { stores in
            let store = stores.idempotency
            #expect(try await store.begin(key, bodyHash: body, at: .second(0)) == .new)
            #expect(try await store.begin(key, bodyHash: body, at: .second(1)) == .inProgress)
            try await store.finish(key, with: answer)
            #expect(try await store.begin(key, bodyHash: body, at: .second(2)) == .replay(answer))
        }
    }

    @Test(arguments: [false, true])
    func anotherBodyIsAMismatchBeforeAndAfterTheAnswer(answered: Bool) async throws {
        try await withStores { stores in
            _ = try await stores.idempotency.begin(key, bodyHash: body, at: .second(0))
            if answered { try await stores.idempotency.finish(key, with: answer) }
            #expect(try await stores.idempotency.begin(key, bodyHash: [9], at: .second(1)) == .mismatch)
        }
    }

    @Test(arguments: [
        IdempotencyKey(credential: CredentialID(), method: key.method, path: key.path, key: key.key),
        IdempotencyKey(credential: key.credential, method: "PUT", path: key.path, key: key.key),
        IdempotencyKey(credential: key.credential, method: key.method, path: "/other", key: key.key),
        IdempotencyKey(credential: key.credential, method: key.method, path: key.path, key: "k2"),
    ])
    func everyPartOfAKeyTellsRequestsApart(other: IdempotencyKey) async throws {
        try await withStores { stores in
            _ = try await stores.idempotency.begin(key, bodyHash: body, at: .second(0))
            #expect(try await stores.idempotency.begin(other, bodyHash: body, at: .second(0)) == .new)
        }
    }

    @Test func anAbandonedKeyIsNewAgainButAnAnswerStays() async throws {
        try await withStores { stores in
            let store = stores.idempotency
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            try await store.abandon(key)
            #expect(try await store.begin(key, bodyHash: [9], at: .second(1)) == .new)
            try await store.finish(key, with: answer)
            try await store.abandon(key)
            #expect(try await store.begin(key, bodyHash: [9], at: .second(2)) == .replay(answer))
        }
    }

    @Test func aNamespaceHasNoMoreRecordsOrBytesThanItMayHave() async throws {
        try await withStores { stores in
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

    @Test func theFirstAnswerStands() async throws {
        try await withStores { stores in
            let store = stores.idempotency
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            try await store.finish(key, with: answer)
            try await store.finish(key, with: RecordedAnswer(head: "500 text/plain", body: []))
            #expect(try await store.begin(key, bodyHash: body, at: .second(1)) == .replay(answer))
        }
    }

    @Test(arguments: [false, true])
    func aClaimCountsForADay(answered: Bool) async throws {
        try await withStores { stores in
            let store = stores.idempotency
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            if answered { try await store.finish(key, with: answer) }
            let late = try await store.begin(key, bodyHash: body, at: .second(day - 1))
            #expect(late == (answered ? .replay(answer) : .inProgress))
            #expect(try await store.begin(key, bodyHash: [9], at: .second(day)) == .new)
            #expect(try await store.begin(key, bodyHash: [9], at: .second(day + 1)) == .inProgress)
        }
    }

    @Test func sweepingRemovesTheOldAlone() async throws {
        try await withStores { stores in
            let store = stores.idempotency
            let younger = IdempotencyKey(credential: CredentialID(), method: "POST", path: "/", key: "younger")
            _ = try await store.begin(key, bodyHash: body, at: .second(0))
            _ = try await store.begin(younger, bodyHash: body, at: .second(10))
            #expect(try await store.sweep(before: .second(10)) == 1)
            #expect(try await store.begin(younger, bodyHash: body, at: .second(11)) == .inProgress)
            #expect(try await store.begin(key, bodyHash: body, at: .second(11)) == .new)
        }
    }

    @Test func ofManyAtOnceOneIsNew() async throws {
        try await withStores { stores in
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

    @Test func aRestartKeepsAnswersAndDropsTheUnanswered() async throws {
        try await withDatabasePath { path in
            let unanswered = IdempotencyKey(credential: CredentialID(), method: "POST", path: "/", key: "unanswered")
            let before = try SQLiteStores.open(path: path)
            _ = try await before.idempotency.begin(key, bodyHash: body, at: .second(0))
            try await before.idempotency.finish(key, with: answer)
            _ = try await before.idempotency.begin(unanswered, bodyHash: body, at: .second(0))
            try await before.close()
            let after = try SQLiteStores.open(path: path)
            #expect(try await after.idempotency.begin(key, bodyHash: body, at: .second(1)) == .replay(answer))
            #expect(try await after.idempotency.begin(unanswered, bodyHash: body, at: .second(1)) == .new)
            try await after.close()
        }
    }
}
