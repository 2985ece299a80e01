// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCore

/// Actions come in the order of their times, and cancelled ones never.
struct ScheduleTests {
    private typealias Numbers = Schedule<Int, Int>

    @Test(arguments: UInt64(1)...20)
    func anyOrderOfAddingAndCancellingGivesTheOrderOfTimes(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15
        func next(_ limit: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % limit
        }
        var schedule = Numbers()
        var expected: [(time: Int, action: Int)] = []
        for action in 0..<500 {
            let time = next(100)
            let number = schedule.add(at: time, action)
            if next(3) == 0 { schedule.cancel(number) } else { expected.append((time, action)) }
        }
        for now in stride(from: 0, through: 100, by: 7) {
            #expect(schedule.first == expected.map(\.time).min())
            let due = expected.filter { $0.time <= now }.sorted { ($0.time, $0.action) < ($1.time, $1.action) }
            #expect(taken(&schedule, now) == due.map(\.action))
            expected.removeAll { $0.time <= now }
        }
        #expect(taken(&schedule, 100) == expected.map(\.action))
        #expect(schedule.heap.isEmpty && schedule.actions.isEmpty)
    }

    private func taken(_ schedule: inout Numbers, _ now: Int) -> [Int] {
        var actions: [Int] = []
        while let action = schedule.takeDue(at: now) { actions.append(action) }
        return actions
    }

    @Test func anActionIsTakenOnceAndNotBeforeItsTime() {
        var schedule = Numbers()
        let number = schedule.add(at: 10, 1)
        #expect(schedule.takeDue(at: 9) == nil)
        #expect(schedule.takeDue(at: 10) == 1)
        #expect(schedule.takeDue(at: 11) == nil)
        schedule.cancel(number)
        #expect(schedule.first == nil)
    }

    @Test func aCancelledActionIsNotTheFirst() {
        var schedule = Numbers()
        let first = schedule.add(at: 1, 1)
        _ = schedule.add(at: 5, 2)
        schedule.cancel(first)
        #expect(schedule.first == 5)
        #expect(taken(&schedule, .max) == [2])
    }

    @Test func cancelledActionsTakeNoRoom() {
        var schedule = Numbers()
        let first = schedule.add(at: 0, 0)
        for second in 1...10_000 { schedule.cancel(schedule.add(at: second, second)) }
        #expect(schedule.heap.count < 200)
        schedule.cancel(first)
        #expect(schedule.heap.isEmpty)
        #expect(schedule.first == nil)
    }
}
