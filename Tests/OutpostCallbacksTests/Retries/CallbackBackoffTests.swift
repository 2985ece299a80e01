// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCallbacks

struct CallbackBackoffTests {
    private static let hour: Int64 = 3_600_000
    private let backoff = CallbackBackoff()

    @Test(arguments: [
        (1, 5000), (2, 10_000), (3, 20_000), (7, 320_000), (8, 600_000), (9, 600_000), (Int.max, 600_000),
    ])
    func theMostThatIsWaitedDoublesUpToTenMinutes(attempt: Int, most: Int) {
        #expect(backoff.delayMilliseconds(afterAttempt: attempt, elapsedMilliseconds: 0, random: 1) == Int64(most))
        let half = backoff.delayMilliseconds(afterAttempt: attempt, elapsedMilliseconds: 0, random: 0.5)
        #expect(half == Int64(most / 2))
        #expect(backoff.delayMilliseconds(afterAttempt: attempt, elapsedMilliseconds: 0, random: 0) == 1000)
    }

    @Test func theLastAttemptIsMadeAsTheHourEnds() {
        let end = Self.hour
        #expect(backoff.delayMilliseconds(afterAttempt: 12, elapsedMilliseconds: end - 7, random: 1) == 7)
        #expect(backoff.delayMilliseconds(afterAttempt: 12, elapsedMilliseconds: end, random: 1) == nil)
        #expect(backoff.delayMilliseconds(afterAttempt: 1, elapsedMilliseconds: end + 1, random: 0) == nil)
    }

    @Test(arguments: [Int64.min, -1, 0]) func aClockThatWentBackDoesNotMatter(elapsed: Int64) {
        #expect(backoff.delayMilliseconds(afterAttempt: 1, elapsedMilliseconds: elapsed, random: 1) == 5000)
    }

    @Test(arguments: [(0.25, 31), (0.5, 19), (1.0, 13)])
    func anHourHasSoManyAttempts(random: Double, attempts: Int) {
        var elapsed: Int64 = 0
        var attempt = 1
        while let delay = backoff.delayMilliseconds(
            afterAttempt: attempt, elapsedMilliseconds: elapsed, random: random)
        {
            elapsed += delay
            attempt += 1
        }
        #expect(elapsed == Self.hour)
        #expect(attempt == attempts)
    }
}
