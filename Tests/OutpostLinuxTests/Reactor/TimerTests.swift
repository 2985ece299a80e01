// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTesting
import Testing

@testable import OutpostLinux

@Suite(.reactor)
struct TimerTests {
    @Test func aWaitIsRoundedUpAndBounded() {
        #expect(Reactor.milliseconds(to: nil, from: 0) == -1)
        #expect(Reactor.milliseconds(to: 1_000_000, from: 0) == 1)
        #expect(Reactor.milliseconds(to: 1_000_001, from: 0) == 2)
        #expect(Reactor.milliseconds(to: 1_000_001, from: 1_000_000) == 1)
        #expect(Reactor.milliseconds(to: 1_000_001, from: 1_000_001) == 0)
        #expect(Reactor.milliseconds(to: 1_000_001, from: 2_000_000) == 0)
        #expect(Reactor.milliseconds(to: .max / 2, from: 0) == 3_600_000)
    }

    @Test func timersFireInOrderAndCancelledOnesNever() async {
        let fired = await withCheckedContinuation { (done: CheckedContinuation<[Int], Never>) in
            Reactor.perform {
                let names = Names()
                @Reactor func add(_ name: Int, _ milliseconds: UInt64) -> Reactor.Timer {
                    Reactor.schedule(afterNanoseconds: milliseconds * 1_000_000) {
                        names.all.append(name)
                        if name == 3 { done.resume(returning: names.all) }
                    }
                }
                _ = add(3, 30)
                _ = add(1, 1)
                let cancelled = add(2, 10)
                _ = add(4, 20)
                Reactor.cancel(cancelled)
            }
        }
        #expect(fired == [1, 4, 3])
    }

    @Reactor
    private final class Names {
        var all: [Int] = []
    }
}
