// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostClient

struct RetryBudgetTests {
    private let now = ContinuousClock.now
    private let away = OutpostError(.unavailable, "no server answers")

    private func answered(_ code: ErrorCode, _ status: Int, retryAfter: Int? = nil) -> OutpostError {
        OutpostError(code, "", cause: AnsweredCall(status: status, requestID: nil), retryAfter: retryAfter)
    }

    @Test func thePausesGrowToALimit() {
        var budget = RetryBudget(patience: .seconds(60))
        let pauses = (0..<6).map { _ in budget.pause(after: away, at: now) }
        #expect(pauses.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
        #expect(pauses.last == .seconds(5))
    }

    @Test func patienceEnds() {
        var budget = RetryBudget(patience: .seconds(60))
        #expect(budget.pause(after: away, at: now) != nil)
        #expect(budget.pause(after: away, at: now + .seconds(59)) != nil)
        #expect(budget.pause(after: away, at: now + .seconds(60)) == nil)
    }

    @Test func anAnswerRestoresIt() {
        var budget = RetryBudget(patience: .seconds(60))
        _ = budget.pause(after: away, at: now)
        budget.end()
        #expect(budget.pause(after: away, at: now + .seconds(90)) == .milliseconds(250))
    }

    @Test func theServerMaySayWhenToAskAgain() {
        var budget = RetryBudget(patience: .seconds(60))
        #expect(budget.pause(after: answered(.rateLimited, 429, retryAfter: 7), at: now) == .seconds(7))
        #expect(budget.pause(after: answered(.unavailable, 503, retryAfter: 3600), at: now) == .seconds(60))
    }

    @Test(arguments: [429, 502, 503, 504]) func theseAnswersPass(status: Int) {
        var budget = RetryBudget(patience: .seconds(60))
        #expect(budget.pause(after: answered(.unavailable, status), at: now) != nil)
    }

    @Test(arguments: [(ErrorCode.notFound, 404), (.unauthorized, 401), (.internal, 500)])
    func otherAnswersAreTheAnswer(code: ErrorCode, status: Int) {
        var budget = RetryBudget(patience: .seconds(60))
        #expect(budget.pause(after: answered(code, status), at: now) == nil)
    }

    @Test func anAnswerThatCannotBeReadIsNotAskedForAgain() {
        var budget = RetryBudget(patience: .seconds(60))
        #expect(budget.pause(after: OutpostError(.internal, "not JSON"), at: now) == nil)
    }
}
