// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

struct JudgeTurnsTests {
    private func waits(_ turns: JudgeTurns, _ count: Int) async {
        while turns.waiting(.default) < count { await Task.yield() }
    }

    @Test func noMoreThanTheLimitRunAtOneTimeAndTheFirstToComeIsNext() async {
        let turns = JudgeTurns(limit: 2)
        #expect(await turns.take(.default))
        #expect(await turns.take(.default))
        let third = Task { await turns.take(.default) }
        await waits(turns, 1)
        let fourth = Task { await turns.take(.default) }
        await waits(turns, 2)
        turns.give(.default)
        #expect(await third.value)
        #expect(turns.waiting(.default) == 1)
        turns.give(.default)
        #expect(await fourth.value)
    }

    @Test func namespacesDoNotWaitForEachOther() async throws {
        let turns = JudgeTurns(limit: 1)
        #expect(await turns.take(.default))
        let other = try #require(NamespaceName("other"))
        #expect(await turns.take(other))
        turns.give(other)
        #expect(await turns.take(other))
    }

    @Test func whoIsCancelledWaitsNoMoreAndTakesNoTurn() async {
        let turns = JudgeTurns(limit: 1)
        #expect(await turns.take(.default))
        let cancelled = Task { await turns.take(.default) }
        let next = Task { await turns.take(.default) }
        await waits(turns, 2)
        cancelled.cancel()
        #expect(await !cancelled.value)
        turns.give(.default)
        #expect(await next.value)
    }

    @Test func whoComesCancelledDoesNotWait() async {
        let turns = JudgeTurns(limit: 1)
        #expect(await turns.take(.default))
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            return await turns.take(.default)
        }
        late.cancel()
        #expect(await !late.value)
        #expect(turns.waiting(.default) == 0)
    }

    @Test func aTurnIsTakenOnceAndGivenBackOnce() async {
        let turns = JudgeTurns(limit: 1)
        let turn = JudgeTurn(turns, .default)
        await turn.take()
        await turn.take()
        turn.give()
        turn.give()
        #expect(await turns.take(.default))
        let second = Task { await turns.take(.default) }
        await waits(turns, 1)
        second.cancel()
        #expect(await !second.value)
    }
}
