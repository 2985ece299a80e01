// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostClient

struct OutageTests {
    private let now = ContinuousClock.now
    private let away = OutpostError(.unavailable, "no server answers")

    private func answered(_ code: ErrorCode, _ status: Int, retryAfter: Int? = nil) -> OutpostError {
        OutpostError(code, "", cause: AnsweredCall(status: status, requestID: nil), retryAfter: retryAfter)
    }

    @Test func thePausesGrowToALimit() {
        var outage = Outage(patience: .seconds(60))
        let pauses = (0..<6).map { _ in outage.pause(after: away, at: now) }
        #expect(pauses.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(pauses.last == .seconds(5))
    }

    @Test func patienceEnds() {
        var outage = Outage(patience: .seconds(60))
        #expect(outage.pause(after: away, at: now) != nil)
        #expect(outage.pause(after: away, at: now + .seconds(59)) != nil)
        #expect(outage.pause(after: away, at: now + .seconds(60)) == nil)
    }

    @Test func anAnswerRestoresIt() {
        var outage = Outage(patience: .seconds(60))
        _ = outage.pause(after: away, at: now)
        outage.end()
        #expect(outage.pause(after: away, at: now + .seconds(90)) == .milliseconds(250))
    }

    @Test func theServerMaySayWhenToAskAgain() {
        var outage = Outage(patience: .seconds(60))
        #expect(outage.pause(after: answered(.rateLimited, 429, retryAfter: 7), at: now) == .seconds(7))
        #expect(outage.pause(after: answered(.unavailable, 503, retryAfter: 3600), at: now) == .seconds(60))
    }

    @Test(arguments: [429, 502, 503, 504]) func theseAnswersPass(status: Int) {
        var outage = Outage(patience: .seconds(60))
        #expect(outage.pause(after: answered(.unavailable, status), at: now) != nil)
    }

    @Test(arguments: [(ErrorCode.notFound, 404), (.unauthorized, 401), (.internal, 500)])
    func otherAnswersAreTheAnswer(code: ErrorCode, status: Int) {
        var outage = Outage(patience: .seconds(60))
        #expect(outage.pause(after: answered(code, status), at: now) == nil)
    }

    @Test func anAnswerThatCannotBeReadIsNotAskedForAgain() {
        var outage = Outage(patience: .seconds(60))
        #expect(outage.pause(after: OutpostError(.internal, "not JSON"), at: now) == nil)
    }
}
