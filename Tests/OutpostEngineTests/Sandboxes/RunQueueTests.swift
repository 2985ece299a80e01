// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostEngine

/// One run at a time in order of arrival, but for those that do not mind company.
struct RunQueueTests {
    @Test func aRunInAnEmptySandboxStartsAtOnce() {
        var queue = RunQueue()
        #expect(queue.arrive(concurrent: false) == nil)
        #expect(queue.leave(concurrent: false) == nil)
        #expect(queue.arrive(concurrent: false) == nil)
    }

    @Test func whoWaitsStartsInOrderOfArrival() {
        var queue = RunQueue()
        _ = queue.arrive(concurrent: false)
        let second = queue.arrive(concurrent: false)
        let third = queue.arrive(concurrent: false)
        #expect(second != nil && third != nil && second != third)
        #expect(queue.leave(concurrent: false) == second)
        #expect(queue.leave(concurrent: false) == third)
        #expect(queue.leave(concurrent: false) == nil)
    }

    @Test func concurrentRunsNeitherWaitNorLetOthersIn() {
        var queue = RunQueue()
        _ = queue.arrive(concurrent: false)
        let second = queue.arrive(concurrent: false)
        #expect(queue.arrive(concurrent: true) == nil)
        #expect(queue.leave(concurrent: true) == nil)
        #expect(second != nil)
        #expect(queue.leave(concurrent: false) == second)
    }

    @Test func whoIsSentAwayIsNotCalled() {
        var queue = RunQueue()
        _ = queue.arrive(concurrent: false)
        let tickets = [queue.arrive(concurrent: false), queue.arrive(concurrent: false)]
        #expect(queue.withdrawAll() == tickets)
        #expect(queue.withdrawAll() == [])
        #expect(queue.leave(concurrent: false) == nil)
        #expect(queue.arrive(concurrent: false) == nil)
    }

    @Test(arguments: UInt64(1)...30)
    func anySequenceBehavesAsAListDoes(seed: UInt64) {
        var state = seed
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        var queue = RunQueue()
        // The model: whoever is first runs, the others wait behind it. Nil is a run that never had to wait.
        var model: [RunQueue.Ticket?] = []
        for _ in 0..<500 {
            switch random(20) {
            case 0..<10:
                let ticket = queue.arrive(concurrent: false)
                #expect((ticket == nil) == model.isEmpty)
                model.append(ticket)
            case 10..<18 where !model.isEmpty:
                model.removeFirst()
                #expect(queue.leave(concurrent: false) == model.first ?? nil)
            case 18:
                #expect(queue.arrive(concurrent: true) == nil)
                #expect(queue.leave(concurrent: true) == nil)
            case 19:
                #expect(queue.withdrawAll() == model.dropFirst().compactMap(\.self))
                model = Array(model.prefix(1))
            default: break
            }
        }
    }
}
