// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization
import Testing

@testable import OutpostEngine

/// The queue between a kernel and the reader of its output.
struct OrderedQueueTests {
    @Test func theWriterWaitsAboveTheLimit() async {
        let queue = OrderedQueue<Int>(limit: 10)
        let resumed = Mutex(0)
        #expect(queue.put(1, bytes: 10))
        let mayGoOn = queue.put(2, bytes: 1, resume: { resumed.withLock { $0 += 1 } })
        #expect(!mayGoOn)
        #expect(resumed.withLock { $0 } == 0)
        guard case .elements(let found) = await queue.next() else {
            Issue.record("there are no elements")
            return
        }
        #expect(found == [1, 2])
        #expect(resumed.withLock { $0 } == 1)
        #expect(queue.put(3, bytes: 10))
    }

    @Test func theReaderWaitsForTheNextElement() async {
        let queue = OrderedQueue<Int>(limit: 10)
        async let part = queue.next()
        queue.put(4, bytes: 1)
        guard case .elements([4]) = await part else {
            Issue.record("the element did not arrive")
            return
        }
    }

    @Test func aCancelledReaderCanWaitForTheNextElement() async {
        let queue = OrderedQueue<Int>(limit: 10)
        let reader = Task { await queue.next(endsWhenCancelled: false) }
        reader.cancel()
        await Task.yield()
        queue.put(4, bytes: 1)
        guard case .elements([4]) = await reader.value else {
            Issue.record("the element did not arrive")
            return
        }
        let other = Task { await queue.next() }
        other.cancel()
        guard case .nothing = await other.value else {
            Issue.record("the wait did not end")
            return
        }
    }

    @Test func aClosedQueueGivesWhatIsInItAndThenEnds() async {
        let queue = OrderedQueue<Int>(limit: 10)
        queue.put(1, bytes: 1)
        queue.close()
        #expect(queue.put(2, bytes: 100))
        guard case .elements([1]) = await queue.next(), case .end = await queue.next() else {
            Issue.record("the queue did not end after its element")
            return
        }
    }

    @Test func aReleasedQueueHoldsNobodyUp() {
        let queue = OrderedQueue<Int>(limit: 10)
        let resumed = Mutex(0)
        let mayGoOn = queue.put(1, bytes: 11, resume: { resumed.withLock { $0 += 1 } })
        #expect(!mayGoOn)
        queue.release()
        #expect(resumed.withLock { $0 } == 1)
        #expect(queue.put(2, bytes: 100))
    }
}
