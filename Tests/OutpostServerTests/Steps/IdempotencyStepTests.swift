// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import Synchronization
import Testing

@testable import OutpostServer

/// A call that is repeated with its key is answered again, and not served again.
struct IdempotencyStepTests {
    private let fixture: StepFixture
    private let step: Idempotency
    private let calls = Served()

    private final class Served: Sendable {
        let count = Mutex(0)
    }

    init() async throws {
        fixture = try await StepFixture()
        let dialect = Dialect(prefixes: [""], credential: { _ in nil }, refusal: Answer.error, endpoints: [])
        step = Idempotency(
            service: fixture.engine.idempotency, answers: ErrorAnswers(dialect: dialect, logger: StepFixture.silent))
    }

    private func sent(
        _ key: String?, isRepeatable: Bool = true, _ handle: @escaping @Sendable (Int) throws -> Answer
    ) async throws -> (request: Request, call: Call) {
        let counted = endpoint(.post, isRepeatable: isRepeatable) { [calls] _ in
            try handle(
                calls.count.withLock { count in
                    count += 1
                    return count
                })
        }
        return StepFixture.call(
            counted, key.map { [.idempotencyKey: $0] } ?? [:], principal: try await fixture.principal)
    }

    private func numbered(_ status: Int) -> @Sendable (Int) throws -> Answer {
        { .json(["number": .integer(Int64($0))], status: status) }
    }

    @Test func theFirstAnswerComesAgain() async throws {
        let first = try await step.answer(sent("k", numbered(201)))
        let second = try await step.answer(sent("k", numbered(201)))
        #expect(first.status == 201)
        #expect(second.status == 201)
        #expect(second.contentType == "application/json")
        #expect(second.body == first.body)
        #expect(calls.count.withLock { $0 } == 1)
    }

    @Test func aRefusalOfTheCallItselfComesAgain() async throws {
        let refusing: @Sendable (Int) throws -> Answer = { throw OutpostError(.conflict, "no \($0)") }
        let first = try await step.answer(sent("k", refusing))
        let second = try await step.answer(sent("k", refusing))
        #expect(first.status == 409)
        #expect(second.body == first.body)
    }

    @Test(arguments: [ErrorCode.rateLimited, .internal, .unavailable, .insufficientStorage])
    func aRefusalForNowIsNotRemembered(code: ErrorCode) async throws {
        let first = try await step.answer(sent("k") { _ in throw OutpostError(code, "not now", retryAfter: 3) })
        #expect(first.status >= 429)
        #expect(first.header(.retryAfter) == "3")
        #expect(try await step.answer(sent("k", numbered(201))).status == 201)
    }

    @Test func withoutAKeyEveryCallIsServed() async throws {
        for _ in 1...2 { _ = try await step.answer(sent(nil, numbered(201))) }
        for _ in 1...2 { _ = try await step.answer(sent("k", isRepeatable: false, numbered(201))) }
        #expect(calls.count.withLock { $0 } == 4)
    }

    @Test func aKeyThatIsTooLongIsRefused() async throws {
        let key = String(repeating: "k", count: 129)
        let refusal = try await step.refusal(sent(key, numbered(201)))
        #expect(refusal.error.code == .invalidRequest)
        #expect(calls.count.withLock { $0 } == 0)
    }
}
