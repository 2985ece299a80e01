// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// The first answer is given again; nothing is done twice.
struct IdempotencyServiceTests {
    private let body: [UInt8] = [1, 2, 3]

    private static let caller = CredentialID()

    private func key(
        _ text: String = "k", credential: CredentialID = caller, path: String = "/p", namespace: NamespaceName? = nil
    ) -> IdempotencyKey {
        IdempotencyKey(credential: credential, namespace: namespace, method: "POST", path: path, key: text)
    }

    private func answer(_ text: String = "first") -> RecordedAnswer {
        RecordedAnswer(head: "head", body: Array(text.utf8))
    }

    @Test func aRepeatedCallGetsTheFirstAnswerAndIsNotServed() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        let first = try await idempotency.answer(key(), body: body) { (answer(), true) }
        let second = try await idempotency.answer(key(), body: body) {
            Issue.record("served twice")
            return (answer("second"), true)
        }
        #expect(first == answer())
        #expect(second == answer())
    }

    @Test func anAnswerThatIsNotFinalIsNotKept() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        #expect(try await idempotency.answer(key(), body: body) { (answer("not now"), false) } == answer("not now"))
        #expect(try await idempotency.answer(key(), body: body) { (answer("again"), true) } == answer("again"))
    }

    @Test func theSameKeyWithAnotherBodyIsAConflict() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        _ = try await idempotency.answer(key(), body: body) { (answer(), true) }
        let found = try await code { _ = try await idempotency.answer(key(), body: [9]) { (answer("again"), true) } }
        #expect(found == .conflict)
    }

    @Test func aCallThatComesWhileTheFirstIsServedIsAConflict() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        let events = Events()
        let held = HeldPrograms()
        let first = Task {
            try await idempotency.answer(key(), body: body) {
                await events.record("serving")
                _ = await held.run("first")
                return (answer(), true)
            }
        }
        await events.wait(for: "serving")
        #expect(
            try await code { _ = try await idempotency.answer(key(), body: body) { (answer("other"), true) } }
                == .conflict)
        held.finish("first")
        #expect(try await first.value == answer())
        #expect(try await idempotency.answer(key(), body: body) { (answer("other"), true) } == answer())
    }

    @Test func callersPathsAndKeysDoNotMeet() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        _ = try await idempotency.answer(key(), body: body) { (answer(), true) }
        for other in [key("other"), key(credential: CredentialID()), key(path: "/other")] {
            #expect(try await idempotency.answer(other, body: body) { (answer("own"), true) } == answer("own"))
        }
    }

    @Test func aKeyIsForgottenAfterADay() async throws {
        let fixture = try await EngineFixture()
        let idempotency = fixture.engine.idempotency
        _ = try await idempotency.answer(key(), body: body) { (answer(), true) }
        fixture.clock.advance(milliseconds: 86_399_999)
        try await idempotency.sweep()
        #expect(try await idempotency.answer(key(), body: body) { (answer("new"), true) } == answer())
        fixture.clock.advance(milliseconds: 2)
        try await idempotency.sweep()
        #expect(fixture.stores.current.claims.isEmpty)
        #expect(try await idempotency.answer(key(), body: body) { (answer("new"), true) } == answer("new"))
    }

    @Test func aClaimThatCannotBeWrittenDownIsNotServed() async throws {
        let fixture = try await EngineFixture()
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        let found = try await code {
            _ = try await fixture.engine.idempotency.answer(key(), body: body) {
                Issue.record("served without a claim")
                return (answer(), true)
            }
        }
        #expect(found == .insufficientStorage)
    }

    @Test func anAnswerThatCannotBeRecordedIsGivenAllTheSame() async throws {
        let fixture = try await EngineFixture()
        let given = try await fixture.engine.idempotency.answer(key(), body: body) {
            fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
            return (answer(), true)
        }
        #expect(given == answer())
    }

    @Test func aKeyThatCannotBeGivenBackDoesNotChangeTheAnswer() async throws {
        let fixture = try await EngineFixture()
        let given = try await fixture.engine.idempotency.answer(key(), body: body) {
            fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
            return (answer("later"), true)
        }
        #expect(given == answer("later"))
    }
}
