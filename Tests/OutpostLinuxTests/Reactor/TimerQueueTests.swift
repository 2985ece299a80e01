// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTesting
import Testing

@testable import OutpostLinux

/// Calls come in order of their deadlines, equal ones in order of their making, and cancelled ones never.
@Suite(.reactor)
struct TimerQueueTests {
    /// Runs what is due and answers its names.
    @Reactor
    private final class Calls {
        var queue = TimerQueue()
        private(set) var names: [Int] = []

        @discardableResult
        func add(_ name: Int, at deadline: UInt64) -> Reactor.Timer {
            queue.add(at: deadline) { [unowned self] in names.append(name) }
        }

        func run(_ now: UInt64) -> [Int] {
            names = []
            while let action = queue.takeDue(now) { action() }
            return names
        }
    }

    @Test @Reactor func callsComeInOrderOfTheirDeadlines() {
        let calls = Calls()
        for (name, deadline) in [(1, 50), (2, 10), (3, 30), (4, 10), (5, 40)] { calls.add(name, at: UInt64(deadline)) }
        #expect(calls.run(9) == [])
        #expect(calls.run(10) == [2, 4])
        #expect(calls.run(45) == [3, 5])
        #expect(calls.run(1000) == [1])
        #expect(calls.run(.max) == [])
    }

    @Test @Reactor func cancelledCallsNeverComeAndDoNotDelayTheWait() {
        let calls = Calls()
        let first = calls.add(1, at: 1_000_000)
        calls.add(2, at: 5_000_000)
        #expect(calls.queue.millisecondsToNext(0) == 1)
        calls.queue.cancel(first)
        #expect(calls.queue.millisecondsToNext(0) == 5)
        #expect(calls.run(.max) == [2])
        calls.queue.cancel(first)
        #expect(calls.queue.millisecondsToNext(0) == -1)
    }

    @Test @Reactor func aWaitIsRoundedUpAndBounded() {
        let calls = Calls()
        calls.add(1, at: 1_000_001)
        #expect(calls.queue.millisecondsToNext(0) == 2)
        #expect(calls.queue.millisecondsToNext(1_000_000) == 1)
        #expect(calls.queue.millisecondsToNext(1_000_001) == 0)
        #expect(calls.queue.millisecondsToNext(2_000_000) == 0)
        let late = Calls()
        late.add(1, at: .max / 2)
        #expect(late.queue.millisecondsToNext(0) == 3_600_000)
    }

    @Test(arguments: UInt64(1)...20) @Reactor
    func anyOrderOfAddingAndCancellingGivesTheOrderOfDeadlines(seed: UInt64) {
        var state = seed
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        let calls = Calls()
        var expected: [(deadline: UInt64, name: Int)] = []
        for name in 0..<200 {
            let deadline = random(50)
            let timer = calls.add(name, at: deadline)
            if random(4) == 0 { calls.queue.cancel(timer) } else { expected.append((deadline, name)) }
        }
        for now in stride(from: UInt64(0), to: 60, by: 7) {
            let due = expected.filter { $0.deadline <= now }.sorted { ($0.deadline, $0.name) < ($1.deadline, $1.name) }
            #expect(calls.run(now) == due.map(\.name))
            expected.removeAll { $0.deadline <= now }
        }
    }
}
