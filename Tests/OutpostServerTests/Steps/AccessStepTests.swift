// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import Testing

@testable import OutpostServer

/// Who calls, how often, and whether they may.
struct AccessStepTests {
    private func dialect(_ credential: @escaping @Sendable (String?) -> Credential?) throws -> Dialect {
        let name = try #require(HTTPField.Name("X-Key"))
        return Dialect(
            prefixes: [""], credential: { credential($0.headers[name]) }, refusal: Answer.error, endpoints: [])
    }

    @Test func theCredentialIsWhereTheDialectSays() async throws {
        let fixture = try await StepFixture()
        let step = Authentication(
            tokens: fixture.engine.tokens, dialect: try dialect { $0.flatMap { Credential(token: $0) } },
            links: fixture.engine.fileLinks)
        let name = try #require(HTTPField.Name("X-Key"))
        let own = endpoint { call in .json(["name": .string(call.principal?.name ?? "")]) }
        let answer = try await step.answer(StepFixture.call(own, [name: fixture.secret.text]))
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"name":"ci"}"#)
        let elsewhere: HTTPFields = [.authorization: "Bearer \(fixture.secret.text)"]
        #expect(try await step.refusal(StepFixture.call(own, elsewhere)).error.code == .unauthorized)
    }

    @Test func aTokenThatIsRevokedMeanwhileGetsNoAnswerToAGetAndNoMoreOfAStream() async throws {
        let fixture = try await StepFixture()
        let name = try #require(HTTPField.Name("X-Key"))
        let step = Authentication(
            tokens: fixture.engine.tokens, dialect: try dialect { $0.flatMap { Credential(token: $0) } },
            links: fixture.engine.fileLinks)
        let tokens = fixture.engine.tokens
        let revoke: @Sendable () async throws(OutpostError) -> Void = { () async throws(OutpostError) in
            try await tokens.delete(.personalAccessToken, named: "ci")
        }
        let streaming = endpoint { _ in
            .events { send in
                try await send([1])
                try await revoke()
                try await send([2])
            }
        }
        let headers: HTTPFields = [name: fixture.secret.text]
        let answer = try await step.answer(StepFixture.call(streaming, headers))
        var got: [UInt8] = []
        await #expect(throws: OutpostError.self) { try await answer.stream?({ got += $0.buffer.readableBytesView }) }
        #expect(got == [1])
        for (method, isAnswered) in [(RequestMethod.get, false), (.post, true)] {
            let other = try await StepFixture()
            let otherTokens = other.engine.tokens
            let slow = endpoint(method) { _ in
                try await otherTokens.delete(.personalAccessToken, named: "ci")
                return .json("done")
            }
            let step = Authentication(
                tokens: otherTokens, dialect: try dialect { $0.flatMap { Credential(token: $0) } },
                links: other.engine.fileLinks)
            let sent = StepFixture.call(slow, [name: other.secret.text])
            if isAnswered {
                #expect(try await step.answer(sent).status == 200)
            } else {
                #expect(try await step.refusal(sent).error.code == .unauthorized)
            }
        }
    }

    @Test func anOpenCallIsNotAskedForACredential() async throws {
        let fixture = try await StepFixture()
        let step = Authentication(
            tokens: fixture.engine.tokens,
            dialect: try dialect { _ in
                Issue.record("looked for a credential")
                return nil
            }, links: fixture.engine.fileLinks)
        let open = endpoint(access: .open) { call in .json(["known": .bool(call.principal != nil)]) }
        #expect(
            String(decoding: try await step.answer(StepFixture.call(open)).body, as: UTF8.self) == #"{"known":false}"#)
    }

    @Test(arguments: [
        ("Bearer op_pat_x", true), ("bearer   op_pat_x", true), ("API-Key ci$x", true), ("api-key ci$x", true),
        ("Bearer x", false), ("op_pat_x", false), ("Basic YTpi", false), ("API-Key ci", false), ("", false),
        ("Bearer", false),
    ])
    func theNativeHeaderHasOneOfTwoForms(header: String, isCredential: Bool) {
        #expect((Credential(authorization: header) != nil) == isCredential)
    }

    @Test func aCallerWithoutALimitSeesTheLargestNumber() async throws {
        let fixture = try await StepFixture()
        let sent = StepFixture.call(endpoint(), principal: try await fixture.principal)
        let answer = try await RateLimiting(limiter: fixture.engine.rateLimiter).answer(sent)
        #expect(answer.header(.rateReset) != nil)
        #expect(answer.header(.rateLimit) == nil, "left to what every answer of the dialect has")
    }

    @Test func moreThanThePlanAllowsIsRefusedWithItsStanding() async throws {
        let fixture = try await StepFixture(plan: .free)
        let step = RateLimiting(limiter: fixture.engine.rateLimiter)
        let principal = try await fixture.principal
        for left in (0..<10).reversed() {
            let answer = try await step.answer(StepFixture.call(endpoint(), principal: principal))
            #expect(answer.header(.rateRemaining) == String(left + 50))
        }
        let refusal = try await step.refusal(StepFixture.call(endpoint(), principal: principal))
        #expect(refusal.error.code == .rateLimited)
        #expect(refusal.error.retryAfter == 1)
        #expect(refusal.header(.rateLimit) == "60")
    }

    @Test func theStandingComesWithAFailureToo() async throws {
        let fixture = try await StepFixture(plan: .free)
        let failing = endpoint { _ in throw OutpostError(.notFound, "no") }
        let sent = StepFixture.call(failing, principal: try await fixture.principal)
        let refusal = try await RateLimiting(limiter: fixture.engine.rateLimiter).refusal(sent)
        #expect(refusal.error.code == .notFound)
        #expect(refusal.header(.rateLimit) == "60")
    }

    @Test func theNamespaceOfThePathIsTheCallersOwn() async throws {
        let principal = try await StepFixture().principal
        let own = endpoint { call in .json(["namespace": .string(call.namespace?.rawValue ?? "")]) }
        func sent(_ namespace: String) -> (request: Request, call: Call) {
            StepFixture.call(own, parameters: ["namespace": namespace], principal: principal)
        }
        let answer = try await Authorization().answer(sent("default"))
        #expect(String(decoding: answer.body, as: UTF8.self) == #"{"namespace":"default"}"#)
        #expect(try await Authorization().refusal(sent("other")).error.code == .forbidden)
        #expect(try await Authorization().refusal(sent("A B")).error.code == .invalidRequest)
    }

    @Test func aScopeThatTheTokenLacksIsRefused() async throws {
        let principal = try await StepFixture().principal
        let reading = endpoint(access: .scope(.sandboxRead))
        let writing = endpoint(access: .scope(.sandboxWrite))
        #expect(try await Authorization().answer(StepFixture.call(reading, principal: principal)).status == 200)
        let refusal = try await Authorization().refusal(StepFixture.call(writing, principal: principal))
        #expect(refusal.error.code == .forbidden)
    }
}
