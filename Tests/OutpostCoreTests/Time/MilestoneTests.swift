// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCore

/// Waits for a moment, with and without a limit.
struct MilestoneTests {
    @Test func aWaitEndsWithTheMoment() async {
        let milestone = Milestone()
        async let waiting: Void = milestone.wait(within: .seconds(3600))
        milestone.reach()
        await waiting
        #expect(milestone.isReached)
    }

    @Test(arguments: [Duration.zero, .milliseconds(1), .milliseconds(-5), .milliseconds(30)])
    func aWaitEndsWithItsLimit(limit: Duration) async {
        let milestone = Milestone()
        let start = ContinuousClock.now
        await milestone.wait(within: limit)
        #expect(ContinuousClock.now - start >= limit)
        #expect(!milestone.isReached)
    }

    @Test func aShortLimitIsNotHeldUpByALongOne() async {
        let (short, long) = (Milestone(), Milestone())
        async let waiting: Void = long.wait(within: .seconds(3600))
        await short.wait(within: .milliseconds(5))
        #expect(!long.isReached)
        long.reach()
        await waiting
    }

    @Test func aCancelledTaskStopsWaiting() async {
        let milestone = Milestone()
        let task = Task { await milestone.wait(within: .seconds(3600)) }
        task.cancel()
        await task.value
        #expect(!milestone.isReached)
    }

    @Test func aCancelledTaskCanWaitAllTheSame() async {
        let milestone = Milestone()
        let task = Task {
            await milestone.waitInAnyCase()
            return milestone.isReached
        }
        task.cancel()
        await Task.yield()
        milestone.reach()
        #expect(await task.value)
        await milestone.waitInAnyCase()
    }

    @Test func eachDeadlineCallsOnceAndACancelledOneIsForgotten() async {
        let deadlines = Deadlines()
        let (calls, continuation) = AsyncStream.makeStream(of: Int.self)
        let cancelled = deadlines.call(after: .seconds(3600)) { continuation.yield(0) }
        for number in [3, 1, 2] {
            _ = deadlines.call(after: .milliseconds(20 * number)) { continuation.yield(number) }
        }
        deadlines.cancel(cancelled)
        #expect(await calls.prefix(3).reduce(into: Set()) { $0.insert($1) } == [1, 2, 3])
        #expect(!deadlines.isSleeping)
        continuation.finish()
        #expect(await calls.first { _ in true } == nil)
    }
}
