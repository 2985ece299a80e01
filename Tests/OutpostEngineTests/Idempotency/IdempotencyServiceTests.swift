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
        let first = try await idempotency.answer(key(), body: body) { (answer(), .answer) }
        let second = try await idempotency.answer(key(), body: body) {
            Issue.record("served twice")
            return (answer("second"), .answer)
        }
        #expect(first == answer())
        #expect(second == answer())
    }

    @Test func anAnswerThatIsNotFinalIsNotKept() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        #expect(try await idempotency.answer(key(), body: body) { (answer("not now"), .nothing) } == answer("not now"))
        #expect(try await idempotency.answer(key(), body: body) { (answer("again"), .answer) } == answer("again"))
    }

    @Test func theSameKeyWithAnotherBodyIsAConflict() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        _ = try await idempotency.answer(key(), body: body) { (answer(), .answer) }
        let found = try await code { _ = try await idempotency.answer(key(), body: [9]) { (answer("again"), .answer) } }
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
                return (answer(), .answer)
            }
        }
        await events.wait(for: "serving")
        #expect(
            try await code { _ = try await idempotency.answer(key(), body: body) { (answer("other"), .answer) } }
                == .conflict)
        held.finish("first")
        #expect(try await first.value == answer())
        #expect(try await idempotency.answer(key(), body: body) { (answer("other"), .answer) } == answer())
    }

    @Test func callersPathsAndKeysDoNotMeet() async throws {
        let idempotency = try await EngineFixture().engine.idempotency
        _ = try await idempotency.answer(key(), body: body) { (answer(), .answer) }
        for other in [key("other"), key(credential: CredentialID()), key(path: "/other")] {
            #expect(try await idempotency.answer(other, body: body) { (answer("own"), .answer) } == answer("own"))
        }
    }

    @Test func aKeyIsForgottenAfterADay() async throws {
        let fixture = try await EngineFixture()
        let idempotency = fixture.engine.idempotency
        _ = try await idempotency.answer(key(), body: body) { (answer(), .answer) }
        fixture.clock.advance(milliseconds: 86_399_999)
        try await idempotency.sweep()
        #expect(try await idempotency.answer(key(), body: body) { (answer("new"), .answer) } == answer())
        fixture.clock.advance(milliseconds: 2)
        try await idempotency.sweep()
        #expect(fixture.stores.current.claims.isEmpty)
        #expect(try await idempotency.answer(key(), body: body) { (answer("new"), .answer) } == answer("new"))
    }

    @Test func aClaimThatCannotBeWrittenDownIsNotServed() async throws {
        let fixture = try await EngineFixture()
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        let found = try await code {
            _ = try await fixture.engine.idempotency.answer(key(), body: body) {
                Issue.record("served without a claim")
                return (answer(), .answer)
            }
        }
        #expect(found == .insufficientStorage)
    }

    @Test func anAnswerThatCannotBeRecordedIsGivenAllTheSame() async throws {
        let fixture = try await EngineFixture()
        let given = try await fixture.engine.idempotency.answer(key(), body: body) {
            fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
            return (answer(), .answer)
        }
        #expect(given == answer())
    }

    @Test func aKeyThatCannotBeGivenBackDoesNotChangeTheAnswer() async throws {
        let fixture = try await EngineFixture()
        let given = try await fixture.engine.idempotency.answer(key(), body: body) {
            fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
            return (answer("later"), .answer)
        }
        #expect(given == answer("later"))
    }
}
