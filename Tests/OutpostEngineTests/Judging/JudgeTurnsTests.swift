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
        #expect(await turns.acquire(.default))
        #expect(await turns.acquire(.default))
        let third = Task { await turns.acquire(.default) }
        await waits(turns, 1)
        let fourth = Task { await turns.acquire(.default) }
        await waits(turns, 2)
        turns.release(.default)
        #expect(await third.value)
        #expect(turns.waiting(.default) == 1)
        turns.release(.default)
        #expect(await fourth.value)
    }

    @Test func namespacesDoNotWaitForEachOther() async throws {
        let turns = JudgeTurns(limit: 1)
        #expect(await turns.acquire(.default))
        let other = try #require(NamespaceName("other"))
        #expect(await turns.acquire(other))
        turns.release(other)
        #expect(await turns.acquire(other))
    }

    @Test func whoIsCancelledWaitsNoMoreAndTakesNoTurn() async {
        let turns = JudgeTurns(limit: 1)
        #expect(await turns.acquire(.default))
        let cancelled = Task { await turns.acquire(.default) }
        let next = Task { await turns.acquire(.default) }
        await waits(turns, 2)
        cancelled.cancel()
        #expect(await !cancelled.value)
        turns.release(.default)
        #expect(await next.value)
    }

    @Test func whoComesCancelledDoesNotWait() async {
        let turns = JudgeTurns(limit: 1)
        #expect(await turns.acquire(.default))
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            return await turns.acquire(.default)
        }
        late.cancel()
        #expect(await !late.value)
        #expect(turns.waiting(.default) == 0)
    }

    @Test func aTurnIsTakenOnceAndGivenBackOnce() async {
        let turns = JudgeTurns(limit: 1)
        let turn = JudgeTurn(turns, .default)
        await turn.acquire()
        await turn.acquire()
        turn.release()
        turn.release()
        #expect(await turns.acquire(.default))
        let second = Task { await turns.acquire(.default) }
        await waits(turns, 1)
        second.cancel()
        #expect(await !second.value)
    }
}
