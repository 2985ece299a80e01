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

    private func authenticate(_ fixture: EngineFixture, _ header: String?) async throws -> ErrorCode? {
        try await code { _ = try await fixture.engine.tokens.authenticate(header) }
    }

    @Test func aTokenLetsItsBearerInAsItsRecordSays() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, plan: .team)
        #expect(secret.text.hasPrefix("op_pat_"))
        #expect(secret.text.utf8.count == 7 + 64)
        let principal = try await fixture.engine.tokens.authenticate("Bearer \(secret.text)")
        #expect(
            principal
                == Principal(
                    id: secret.record.id, name: "ci", kind: .personalAccessToken, namespace: .default,
                    scopes: [.sandboxRead], plan: .team))
    }

    @Test func whoGetsTheNameOfARevokedTokenIsAnotherCaller() async throws {
        let fixture = try await EngineFixture()
        let first = try await make(fixture)
        try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci")
        let second = try await make(fixture)
        #expect(first.record.id != second.record.id)
        #expect(try await fixture.engine.tokens.authenticate("Bearer \(second.text)").id == second.record.id)
        func answer(_ credential: CredentialID, _ body: String) async throws -> RecordedAnswer {
            let key = IdempotencyKey(credential: credential, method: "POST", path: "/p", key: "k")
            return try await fixture.engine.idempotency.answer(key, body: []) {
                RecordedAnswer(status: 200, contentType: "", body: Array(body.utf8))
            }
        }
        _ = try await answer(first.record.id, "the first holder's")
        #expect(try await answer(second.record.id, "its own").body == Array("its own".utf8))
    }

    @Test func anApiKeyIsSentWithItsName() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, .apiKey, name: "build")
        #expect(secret.text.hasPrefix("build$"))
        #expect(try await fixture.engine.tokens.authenticate("API-Key \(secret.text)").name == "build")
        #expect(try await fixture.engine.tokens.authenticate("api-key   \(secret.text)").kind == .apiKey)
        let bare = secret.text.dropFirst("build$".count)
        for header in ["API-Key other$\(bare)", "API-Key \(bare)", "API-Key $\(bare)", "Bearer op_pat_\(bare)"] {
            #expect(try await authenticate(fixture, header) == .unauthorized, "\(header)")
        }
    }

    @Test(arguments: [
        nil, "", "Bearer", "Bearer ", "Bearer op_pat_", "Bearer x", "Basic YTpi", "op_pat_x", "API-Key", "API-Key $",
    ])
    func whatIsNoCredentialIsRefused(header: String?) async throws {
        let fixture = try await EngineFixture()
        _ = try await make(fixture)
        #expect(try await authenticate(fixture, header) == .unauthorized)
    }

    @Test func aSecretIsNotTakenForTheOtherKindNorInPart() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture).text
        let bare = secret.dropFirst("op_pat_".count)
        for header in ["Bearer \(bare)", "API-Key ci$\(bare)", "Bearer \(secret.dropLast())", "Bearer \(secret)0"] {
            #expect(try await authenticate(fixture, header) == .unauthorized, "\(header)")
        }
    }

    @Test func everyRefusalHasTheSameWords() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, days: 1)
        fixture.clock.advance(seconds: 86_400)
        var words: Set<String> = []
        for header in ["Bearer \(secret.text)", "Bearer op_pat_x", nil] {
            let error = try await #require(throws: OutpostError.self) {
                try await fixture.engine.tokens.authenticate(header)
            }
            words.insert(error.message)
        }
        #expect(words.count == 1)
    }

    @Test func aTokenEndsWhenItsDaysAreOver() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture, days: 2)
        fixture.clock.advance(milliseconds: 2 * 86_400_000 - 1)
        #expect(try await authenticate(fixture, "Bearer \(secret.text)") == nil)
        fixture.clock.advance(milliseconds: 1)
        #expect(try await authenticate(fixture, "Bearer \(secret.text)") == .unauthorized)
    }

    @Test func aRevokedTokenIsRefusedAtOnce() async throws {
        let fixture = try await EngineFixture()
        let token = try await make(fixture)
        let key = try await make(fixture, .apiKey)
        try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci")
        #expect(try await authenticate(fixture, "Bearer \(token.text)") == .unauthorized)
        #expect(try await authenticate(fixture, "API-Key \(key.text)") == nil, "only its name is the same")
        let again = try await code { try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci") }
        #expect(again == .notFound)
    }

    @Test func aRevocationThatCannotBeWrittenDownStillHolds() async throws {
        let fixture = try await EngineFixture()
        let token = try await make(fixture)
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        let found = try await code { try await fixture.engine.tokens.delete(.personalAccessToken, named: "ci") }
        #expect(found == .insufficientStorage)
        #expect(try await authenticate(fixture, "Bearer \(token.text)") == .unauthorized)
    }

    @Test func aNameIsTakenOnceForEachKind() async throws {
        let fixture = try await EngineFixture()
        let first = try await make(fixture)
        _ = try await make(fixture, .apiKey)
        #expect(try await code { _ = try await make(fixture) } == .conflict)
        #expect(try await authenticate(fixture, "Bearer \(first.text)") == nil)
    }

    @Test func tokensAreKnownAfterARestartButTheirSecretsAreNotKept() async throws {
        let stores = MemoryStores()
        let secret = try await make(EngineFixture(stores: stores))
        let later = try await EngineFixture(stores: stores)
        #expect(try await authenticate(later, "Bearer \(secret.text)") == nil)
        let record = try #require(stores.current.tokens.first)
        #expect(record.secretHash.count == 32)
        #expect(!secret.text.contains(hexadecimal(record.secretHash)))
    }

    @Test func lastUsesAreWrittenDown() async throws {
        let fixture = try await EngineFixture()
        let secret = try await make(fixture)
        fixture.clock.advance(seconds: 5)
        _ = try await fixture.engine.tokens.authenticate("Bearer \(secret.text)")
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
