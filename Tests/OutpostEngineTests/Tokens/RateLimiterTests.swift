// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// Calls are counted by credential, in the minute and the second they come in.
struct RateLimiterTests {
    private let clock = ManualClock()
    private let limiter: RateLimiter

    init() { limiter = RateLimiter(clock: clock.wall) }

    private static let credentials = [CredentialID(), CredentialID()]

    /// The caller with one of two tokens, which have the same name.
    private func principal(_ plan: RatePlan, _ credential: Int = 0) -> Principal {
        Principal(
            id: Self.credentials[credential], name: "n", kind: .apiKey, namespace: nil, scopes: [], plan: plan)
    }

    /// How many of `count` calls are let through.
    private func passing(_ count: Int, _ principal: Principal) -> Int {
        (0..<count).count { _ in limiter.count(principal).retryAfter == nil }
    }

    @Test(arguments: [(RatePlan.free, 10), (.team, 30), (.enterprise, 100)])
    func aSecondTakesNoMoreThanItsBurst(plan: RatePlan, burst: Int) {
        #expect(passing(200, principal(plan)) == burst)
        #expect(limiter.count(principal(plan)).retryAfter == 1)
        clock.advance(milliseconds: 999)
        #expect(passing(200, principal(plan)) == 0)
        clock.advance(milliseconds: 1)
        #expect(passing(200, principal(plan)) == burst)
    }

    @Test(arguments: [(RatePlan.free, 60), (.team, 300), (.enterprise, 1000)])
    func aMinuteTakesNoMoreThanItsPlan(plan: RatePlan, limit: Int) {
        var passed = 0
        for _ in 0..<30 {
            passed += passing(100, principal(plan))
            clock.advance(seconds: 1)
        }
        #expect(passed == limit)
        #expect(limiter.count(principal(plan)).retryAfter == 30)
        clock.advance(seconds: 30)
        #expect(limiter.count(principal(plan)).retryAfter == nil)
    }

    @Test func theStandingSaysWhatIsLeftAndWhenThatChanges() {
        let start = clock.now.milliseconds / 1000
        let first = limiter.count(principal(.free))
        #expect(first.limit == 60)
        #expect(first.remaining == 59)
        #expect(first.resetsAt == start + 60)
        #expect(limiter.count(principal(.free)).remaining == 58)
        _ = passing(20, principal(.free))
        let refused = limiter.count(principal(.free))
        #expect(refused.remaining == 50, "a refused call costs nothing")
        clock.advance(seconds: 59)
        #expect(limiter.count(principal(.free)).resetsAt == start + 60)
        clock.advance(seconds: 1)
        #expect(limiter.count(principal(.free)).resetsAt == start + 120)
    }

    @Test func credentialsDoNotShareAWindow() {
        #expect(passing(20, principal(.free, 0)) == 10)
        #expect(passing(20, principal(.free, 1)) == 10)
    }

    @Test func anUnlimitedPlanHasNoLimit() {
        #expect(passing(5000, principal(.unlimited)) == 5000)
        #expect(limiter.count(principal(.unlimited)).limit == nil)
    }

    @Test func sweepingForgetsOnlyWhatIsOver() {
        #expect(passing(20, principal(.free)) == 10)
        limiter.sweep()
        #expect(passing(20, principal(.free)) == 0)
        clock.advance(seconds: 120)
        limiter.sweep()
        #expect(passing(20, principal(.free)) == 10)
    }
}
