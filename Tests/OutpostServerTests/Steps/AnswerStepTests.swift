// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine
import Testing

@testable import OutpostServer

/// What every answer gets on its way out.
struct AnswerStepTests {
    private func dialect(_ headers: Headers = []) -> Dialect {
        Dialect(
            prefixes: [""], credential: { _ in nil },
            refusal: { error, id in
                Answer(status: 418, contentType: nil, body: Array("\(error.code.rawValue) \(id)".utf8))
            },
            headers: headers, endpoints: [])
    }

    @Test func everyAnswerHasItsIDAndTheDialectsHeaders() async throws {
        let step = CommonHeaders(dialect: dialect([(.rateLimit, "1"), (.rateReset, "2")]))
        let sent = StepFixture.call(
            endpoint { _ in
                var answer = Answer.empty
                answer.headers = [(.rateReset, "3")]
                return answer
            })
        let answer = try await step.answer(sent)
        #expect(answer.header(.requestID) == sent.call.id.rawValue)
        #expect(answer.header(.rateLimit) == "1")
        #expect(answer.header(.rateReset) == "3", "what a step says wins")
    }

    @Test func anErrorIsAnsweredInTheDialectsWordsWithTheHeadersOfTheStepsBetween() async throws {
        let step = ErrorAnswers(dialect: dialect(), logger: StepFixture.silent)
        let sent = StepFixture.call(
            endpoint { _ in throw Refusal(OutpostError(.conflict, "no"), headers: [(.allow, "GET")]) })
        let answer = try await step.answer(sent)
        #expect(answer.status == 418)
        #expect(String(decoding: answer.body, as: UTF8.self) == "conflict \(sent.call.id)")
        #expect(answer.header(.allow) == "GET")
    }

    @Test func anErrorThatNobodyExpectedIsTheServersFault() async throws {
        struct Unexpected: Error {}
        let step = ErrorAnswers(dialect: dialect(), logger: StepFixture.silent)
        let answer = try await step.answer(StepFixture.call(endpoint { _ in throw Unexpected() }))
        #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix("internal "))
    }

    @Test(arguments: [(nil, false), ("false", false), ("true", true)] as [(String?, Bool)])
    func theStepsOfARunAreToldToWhoAsks(header: String?, isTold: Bool) async throws {
        let headers: HTTPFields = header.map { [.outpostTiming: $0] } ?? [:]
        let answer = try await RunTiming().answer(StepFixture.call(endpoint(tellsTimes: true), headers))
        #expect((answer.header(.serverTiming) != nil) == isTold)
        let other = try await RunTiming().answer(StepFixture.call(endpoint(), headers))
        #expect(other.header(.serverTiming) == nil)
    }

    @Test func aMalformedQuestionForTheStepsIsRefusedBeforeTheRun() async throws {
        let sent = StepFixture.call(
            endpoint(tellsTimes: true) { _ in
                Issue.record("ran")
                return .empty
            }, [.outpostTiming: "maybe"])
        #expect(try await RunTiming().refusal(sent).error.code == .invalidRequest)
    }

    /// Nobody's body is read before it is known who sent it, and the standing of the caller comes with every refusal.
    @Test func theStepsComeInTheirOrder() async throws {
        let fixture = try await StepFixture(plan: .free)
        let steps = fixture.services.steps(for: .native(for: fixture))
        let writing = endpoint(.post, access: .scope(.sandboxWrite), body: .json(orForm: false))
        func answer(_ headers: HTTPFields) async throws -> Answer {
            let sent = StepFixture.call(writing, headers, body: Array("{".utf8))
            return try await steps.handle(sent.request, context: sent.call) { try await $1.endpoint.handle($1) }
        }
        let stranger = try await answer([.contentType: "text/plain"])
        #expect(stranger.status == 401)
        #expect(stranger.header(.rateLimit) == "2147483647")
        let caller: HTTPFields = [.authorization: "Bearer \(fixture.secret.text)", .contentType: "text/plain"]
        let lacking = try await answer(caller)
        #expect(lacking.status == 403, "before the type of the body is looked at")
        #expect(lacking.header(.rateRemaining) == "59")
    }
}

extension Dialect {
    /// The native dialect's manners, without its calls.
    static func native(for fixture: StepFixture) -> Dialect {
        Dialect(
            prefixes: [""], credential: { Credential($0) }, refusal: Answer.error,
            headers: RateLimiting.unlimited + inertHeaders, endpoints: [])
    }
}
