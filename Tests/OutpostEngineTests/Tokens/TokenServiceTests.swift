// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// Credentials are made once, told once, and checked without a query.
struct TokenServiceTests {
    private func make(
        _ fixture: EngineFixture, _ kind: TokenKind = .personalAccessToken, name: String = "ci", days: Int? = nil,
        plan: RatePlan = .unlimited
    ) async throws -> TokenService.Secret {
        try await fixture.engine.tokens.create(
            kind, name: name, namespace: .default, scopes: [.sandboxRead], plan: plan, expiresInDays: days)
    }

    private func authenticate(_ fixture: EngineFixture, _ credential: Credential?) async throws -> ErrorCode? {
        try await code { _ = try await fixture.engine.tokens.authenticate(credential) }
    }

    @Test func aTokenLetsItsBearerInAsItsRecordSays() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, plan: .team)
        #expect(secret.text.hasPrefix("op_pat_"))
        #expect(secret.text.utf8.count == 7 + 64)
        let principal = try await fixture.engine.tokens.authenticate(Credential(token: secret.text))
        #expect(
            principal
                == Principal(
                    id: secret.record.id, name: "ci", kind: .personalAccessToken, namespace: .default,
                    scopes: [.sandboxRead], plan: .team))
    }

    @Test func aTokenWhoseCreatorSaysNothingMayDoAllWorkAndNoAdministration() async throws {
        let fixture = try await EngineFixture()
        let record = try await fixture.engine.tokens.create(.apiKey, name: "ci", namespace: .default).record
        #expect(record.scopes == Set(TokenScope.allCases).subtracting([.admin]))
        #expect(record.plan == .unlimited)
        #expect(record.expiresAt == nil)
    }

    @Test func whoGetsTheNameOfARevokedTokenIsAnotherCaller() async throws {
        let fixture = try await EngineFixture()
        let first = try await make(fixture)
        try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci")
        let second = try await make(fixture)
        #expect(first.record.id != second.record.id)
        #expect(try await fixture.engine.tokens.authenticate(Credential(token: second.text)).id == second.record.id)
        func answer(_ credential: CredentialID, _ body: String) async throws -> RecordedAnswer {
            let key = IdempotencyKey(credential: credential, method: "POST", path: "/p", key: "k")
            return try await fixture.engine.idempotency.answer(key, body: []) {
                (RecordedAnswer(head: "", body: Array(body.utf8)), .answer)
            }
        }
        _ = try await answer(first.record.id, "the first holder's")
        #expect(try await answer(second.record.id, "its own").body == Array("its own".utf8))
    }

    @Test func anApiKeyIsSentWithItsName() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, .apiKey, name: "build")
        #expect(secret.text.hasPrefix("build$"))
        #expect(try await fixture.engine.tokens.authenticate(Credential(apiKey: secret.text)).name == "build")
        let bare = secret.text.dropFirst("build$".count)
        for credential in [
            Credential(apiKey: "other$\(bare)"), Credential(apiKey: bare), Credential(apiKey: "$\(bare)"),
            Credential(token: "op_pat_\(bare)"),
        ] {
            #expect(try await authenticate(fixture, credential) == .unauthorized)
        }
    }

    @Test(arguments: [
        nil, Credential(token: "op_pat_"), Credential(token: "op_pat_x"), Credential(apiKey: "$"),
        Credential(apiKey: "ci$"),
    ])
    func whatIsNoCredentialIsRefused(credential: Credential?) async throws {
        let fixture = try await EngineFixture()
        _ = try await make(fixture)
        #expect(try await authenticate(fixture, credential) == .unauthorized)
    }

    @Test func aTextOfAnotherFormIsNoCredential() {
        #expect(Credential(token: "x") == nil)
        #expect(Credential(apiKey: "x") == nil)
    }

    @Test func aSecretIsNotTakenForTheOtherKindNorInPart() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture).text
        let bare = secret.dropFirst("op_pat_".count)
        for credential in [
            Credential(token: bare), Credential(apiKey: "ci$\(bare)"), Credential(token: secret.dropLast()),
            Credential(token: "\(secret)0"),
        ] {
            #expect(try await authenticate(fixture, credential) == .unauthorized)
        }
    }

    @Test func everyRefusalHasTheSameWords() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, days: 1)
        fixture.clock.advance(seconds: 86_400)
        var words: Set<String> = []
        for credential in [Credential(token: secret.text), Credential(token: "op_pat_x"), nil] {
            let error = try await #require(throws: OutpostError.self) {
                try await fixture.engine.tokens.authenticate(credential)
            }
            words.insert(error.message)
        }
        #expect(words.count == 1)
    }

    @Test func aTokenEndsWhenItsDaysAreOver() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, days: 2)
        fixture.clock.advance(milliseconds: 2 * 86_400_000 - 1)
        #expect(try await authenticate(fixture, Credential(token: secret.text)) == nil)
        fixture.clock.advance(milliseconds: 1)
        #expect(try await authenticate(fixture, Credential(token: secret.text)) == .unauthorized)
    }

    @Test func aRevokedTokenIsRefusedAtOnce() async throws {
        let fixture = try await EngineFixture()
        let token = try await make(fixture)
        let key = try await make(fixture, .apiKey)
        try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci")
        #expect(try await authenticate(fixture, Credential(token: token.text)) == .unauthorized)
        #expect(try await authenticate(fixture, Credential(apiKey: key.text)) == nil, "only its name is the same")
        let again = try await code { try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci") }
        #expect(again == .notFound)
    }

    @Test func aRevocationThatCannotBeWrittenDownStillHolds() async throws {
        let fixture = try await EngineFixture()
        let token = try await make(fixture)
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        let found = try await code { try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci") }
        #expect(found == .insufficientStorage)
        #expect(try await authenticate(fixture, Credential(token: token.text)) == .unauthorized)
    }

    @Test func aNameIsTakenOnceForEachKind() async throws {
        let fixture = try await EngineFixture()
        let first = try await make(fixture)
        _ = try await make(fixture, .apiKey)
        #expect(try await code { _ = try await make(fixture) } == .conflict)
        #expect(try await authenticate(fixture, Credential(token: first.text)) == nil)
    }

    @Test func tokensAreKnownAfterARestartButTheirSecretsAreNotKept() async throws {
        let stores = MemoryStores()
        let secret = try await make(EngineFixture(stores: stores))
        let later = try await EngineFixture(stores: stores)
        #expect(try await authenticate(later, Credential(token: secret.text)) == nil)
        let record = try #require(stores.current.tokens.first)
        #expect(record.secretHash.count == 32)
        #expect(!secret.text.contains(hexadecimal(record.secretHash)))
    }

    @Test func lastUsesAreWrittenDown() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture)
        fixture.clock.advance(seconds: 5)
        _ = try await fixture.engine.tokens.authenticate(Credential(token: secret.text))
        try await fixture.engine.tokens.flushUses()
        try await fixture.engine.tokens.flushUses()
        #expect(
            fixture.stores.current.uses == [TokenUse(secret.record.id, usedAt: fixture.clock.now)])
    }

    @Test func unknownTokensAreNotFound() async throws {
        let fixture = try await EngineFixture()
        _ = try await make(fixture)
        #expect(try await fixture.engine.tokens.token(.personalAccessToken, named: "ci").name == "ci")
        #expect(try await code { _ = try await fixture.engine.tokens.token(.apiKey, named: "ci") } == .notFound)
        #expect(try await fixture.engine.tokens.list(.personalAccessToken).map(\.name) == ["ci"])
        #expect(try await fixture.engine.tokens.list(.apiKey).isEmpty)
    }
}
