// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostTesting
import Testing

@testable import OutpostDriverNamespaces

@Suite(.reactor) struct UIDRangePoolTests {
    @Test @Reactor func aReleasedSlotIsUsedAgainLast() {
        let pool = UIDRangePool(0..<3)
        #expect(pool.acquire() == 0)
        pool.release(0)
        #expect([pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()] == [1, 2, 0, nil])
    }

    @Test @Reactor func aSlotThatIsReleasedTwiceIsFreeOnce() {
        let pool = UIDRangePool(0..<2)
        #expect(pool.acquire() == 0)
        pool.release(0)
        pool.release(0)
        #expect([pool.acquire(), pool.acquire(), pool.acquire()] == [1, 0, nil])
    }

    @Test @Reactor func aSlotThatWasNeverGivenOutIsNotAdded() {
        let pool = UIDRangePool(0..<1)
        pool.release(0)
        pool.release(7)
        #expect([pool.acquire(), pool.acquire()] == [0, nil])
    }
}
