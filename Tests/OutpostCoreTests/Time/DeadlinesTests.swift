// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCore

/// Waits with limits, and the moments that streams share.
struct DeadlinesTests {
    @Test func aThousandWaitsEndWithTheirLimits() async {
        let milestone = Milestone()
        await withTaskGroup(of: Duration.self) { group in
            for number in 0..<1000 {
                let limit = Duration.milliseconds(number % 50)
                group.addTask {
                    let start = ContinuousClock.now
                    await milestone.wait(within: limit)
                    return ContinuousClock.now - start - limit
                }
            }
            for await late in group { #expect(late >= .zero) }
        }
        #expect(!milestone.isReached)
    }

    // MARK: - Signs of life

    @Test(arguments: [
        (Duration.zero, Duration.seconds(15)), (.seconds(7), .seconds(15)), (.milliseconds(1), .milliseconds(14_999)),
        (.milliseconds(20_400), .milliseconds(14_600)), (.nanoseconds(999_999_999), .nanoseconds(14_000_000_001)),
    ])
    func aSignOfLifeComesAtAWholeSecond(time: Duration, wait: Duration) {
        #expect(SignOfLife.wait(at: time) == wait)
        #expect((time + wait).components.attoseconds == 0)
    }

    @Test func aSignOfLifeIsNeverLate() {
        for _ in 1...1000 {
            let wait = SignOfLife.wait
            #expect(wait <= SignOfLife.interval)
            #expect(wait > SignOfLife.interval - .seconds(1))
        }
    }
}
