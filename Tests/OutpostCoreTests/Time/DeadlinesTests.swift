// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import OutpostCore

/// The order of deadlines, and the moments that streams share.
struct DeadlinesTests {
    private let start = ContinuousClock.now

    /// The order of calls of a queue's actions.
    private final class Calls: Sendable {
        let numbers = Mutex<[Int]>([])

        func action(_ number: Int) -> DeadlineQueue.Action { { self.numbers.withLock { $0.append(number) } } }
    }

    @Test(arguments: 1...20)
    func anyOrderOfAddingAndCancellingGivesTheOrderOfTimes(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15
        func next(_ limit: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % limit
        }
        let calls = Calls()
        var queue = DeadlineQueue()
        var expected: [(time: Int, number: Int)] = []
        for number in 0..<500 {
            let time = next(1000)
            let added = queue.add(at: start + .milliseconds(time), calls.action(time))
            if next(3) == 0 { queue.cancel(added) } else { expected.append((time, number)) }
        }
        #expect(queue.first == expected.map { start + .milliseconds($0.time) }.min())
        for time in stride(from: 0, through: 1000, by: 50) {
            let due = queue.takeDue(at: start + .milliseconds(time))
            for action in due { action() }
            let called = expected.filter { $0.time <= time }.map(\.time).sorted()
            #expect(calls.numbers.withLock { $0 } == called)
            #expect(queue.first == expected.map(\.time).filter { $0 > time }.min().map { start + .milliseconds($0) })
        }
        #expect(queue.placeCount == 0)
    }

    @Test func anActionIsTakenOnceAndNotBeforeItsTime() {
        let calls = Calls()
        var queue = DeadlineQueue()
        let number = queue.add(at: start + .seconds(1), calls.action(1))
        #expect(queue.takeDue(at: start + .milliseconds(999)).isEmpty)
        #expect(queue.takeDue(at: start + .seconds(1)).count == 1)
        #expect(queue.takeDue(at: start + .seconds(2)).isEmpty)
        queue.cancel(number)
        #expect(queue.first == nil)
    }

    @Test func cancelledActionsTakeNoRoom() {
        let calls = Calls()
        var queue = DeadlineQueue()
        let first = queue.add(at: start, calls.action(0))
        for second in 1...10_000 { queue.cancel(queue.add(at: start + .seconds(second), calls.action(second))) }
        #expect(queue.placeCount < 200)
        queue.cancel(first)
        #expect(queue.placeCount == 0)
        #expect(queue.first == nil)
    }

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
