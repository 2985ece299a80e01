// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// What is kept of tokens: what every store must do.
struct TokenStoreConformance {
    @Test(arguments: StoreKind.allCases)
    func aTokenComesBackByItsHashAndByItsName(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let namespace = try #require(NamespaceName("team-a"))
            let narrow = TokenRecord(
                name: "ci", kind: .apiKey, namespace: namespace, scopes: [.sandboxRead, .jobWrite], plan: .team,
                secretHash: hash(1), createdAt: .second(0), expiresAt: .second(9), lastUsedAt: .second(3))
            let wide = TokenRecord(
                name: "ci", kind: .personalAccessToken, namespace: nil, scopes: Set(TokenScope.allCases),
                plan: .unlimited, secretHash: hash(2), createdAt: .second(0))
            try await stores.tokens.insert(narrow)
            try await stores.tokens.insert(wide)
            #expect(try await stores.tokens.token(secretHash: hash(1)) == narrow)
            #expect(try await stores.tokens.token(.apiKey, named: "ci") == narrow)
            #expect(try await stores.tokens.token(.personalAccessToken, named: "ci") == wide)
            #expect(try await stores.tokens.token(secretHash: hash(3)) == nil)
            #expect(try await stores.tokens.token(.apiKey, named: "cd") == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aNameIsTakenPerKind(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.tokens.insert(token("a", hash: 1))
            try await expectError(.conflict) { try await stores.tokens.insert(token("a", hash: 2)) }
            #expect(try await stores.tokens.token(secretHash: hash(2)) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aSecretIsNeverSharedAndAHashHas32Bytes(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.tokens.insert(token("a", hash: 1))
            try await expectError(.internal) { try await stores.tokens.insert(token("b", hash: 1)) }
            let short = TokenRecord(
                name: "short", kind: .apiKey, namespace: nil, scopes: [], plan: .free, secretHash: [1, 2],
                createdAt: .second(0))
            try await expectError(.internal) { try await stores.tokens.insert(short) }
            #expect(try await stores.tokens.list(.personalAccessToken).map(\.name) == ["a"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anIdIsNeverShared(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let first = token("a", hash: 1)
            try await stores.tokens.insert(first)
            try await expectError(.internal) { try await stores.tokens.insert(token("b", hash: 2, id: first.id)) }
            #expect(try await stores.tokens.list(.personalAccessToken) == [first])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aNameThatIsFreeAgainCanBeGiven(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.tokens.insert(token("a", hash: 1))
            #expect(try await stores.tokens.delete(.personalAccessToken, named: "a"))
            let second = token("a", hash: 2)
            try await stores.tokens.insert(second)
            #expect(try await stores.tokens.token(.personalAccessToken, named: "a") == second)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRestartFindsEveryTokenAsItWas(kind: StoreKind) async throws {
        var used = token("a", hash: 1)
        try await kind.withRestart { stores in
            try await stores.tokens.insert(used)
            try await stores.tokens.recordUses([TokenUse(used.id, usedAt: .second(5))])
        } then: { (stores) async throws in
            used.lastUsedAt = .second(5)
            #expect(try await stores.tokens.list(.personalAccessToken) == [used])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aClosedStoreLetsNoOneIn(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.tokens.insert(token("a", hash: 1))
            try await stores.close()
            try await expectError(.internal) { _ = try await stores.tokens.token(secretHash: hash(1)) }
            try await expectError(.internal) { try await stores.tokens.insert(token("b", hash: 2)) }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aListHasOneKindByName(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            for (number, name) in ["c", "a", "b"].enumerated() {
                try await stores.tokens.insert(token(name, hash: UInt8(number)))
            }
            #expect(try await stores.tokens.list(.personalAccessToken).map(\.name) == ["a", "b", "c"])
            #expect(try await stores.tokens.list(.apiKey).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aDeletedTokenLetsNoOneIn(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.tokens.insert(token("a", hash: 1))
            #expect(try await !stores.tokens.delete(.apiKey, named: "a"))
            #expect(try await stores.tokens.delete(.personalAccessToken, named: "a"))
            #expect(try await stores.tokens.token(secretHash: hash(1)) == nil)
            #expect(try await !stores.tokens.delete(.personalAccessToken, named: "a"))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func usesAreRecorded(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            let used = token("a", hash: 1)
            try await stores.tokens.insert(used)
            try await stores.tokens.recordUses([
                TokenUse(CredentialID(), usedAt: .second(1)), TokenUse(used.id, usedAt: .second(2)),
            ])
            #expect(try await stores.tokens.token(secretHash: hash(1))?.lastUsedAt == .second(2))
        }
    }
}

private func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

private func token(_ name: String, hash byte: UInt8, id: CredentialID = CredentialID()) -> TokenRecord {
    TokenRecord(
        id: id, name: name, kind: .personalAccessToken, namespace: nil, scopes: [.admin], plan: .unlimited,
        secretHash: hash(byte), createdAt: .second(0))
}
