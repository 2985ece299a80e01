// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A priority queue of timers: a binary heap by deadline. A cancelled timer stays in the heap until it is the first.
struct TimerQueue {
    private var heap: [Reactor.Timer] = []
    private var actions: [UInt64: @Reactor () -> Void] = [:]
    private var nextSerial: UInt64 = 0

    mutating func add(at deadline: UInt64, _ action: @escaping @Reactor () -> Void) -> Reactor.Timer {
        nextSerial += 1
        let timer = Reactor.Timer(deadline: deadline, serial: nextSerial)
        actions[timer.serial] = action
        heap.append(timer)
        siftUp(heap.count - 1)
        return timer
    }

    mutating func cancel(_ timer: Reactor.Timer) { actions[timer.serial] = nil }

    /// Removes the earliest timer that is due and returns its call.
    mutating func takeDue(_ now: UInt64) -> (@Reactor () -> Void)? {
        dropCancelled()
        guard let first = heap.first, first.deadline <= now else { return nil }
        removeFirst()
        return actions.removeValue(forKey: first.serial)
    }

    /// Milliseconds until the next timer, at most an hour; -1 without one. Rounded up, because a wait that ends before the
    /// deadline would be repeated at once.
    mutating func millisecondsToNext(_ now: UInt64) -> Int32 {
        dropCancelled()
        guard let first = heap.first else { return -1 }
        guard first.deadline > now else { return 0 }
        return Int32(min((first.deadline - now + 999_999) / 1_000_000, 3_600_000))
    }

    private mutating func dropCancelled() {
        while let first = heap.first, actions[first.serial] == nil { removeFirst() }
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
            guard let least = children.min(by: { precedes(heap[$0], heap[$1]) }), precedes(heap[least], heap[parent])
            else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0, precedes(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func precedes(_ left: Reactor.Timer, _ right: Reactor.Timer) -> Bool {
        (left.deadline, left.serial) < (right.deadline, right.serial)
    }
}
