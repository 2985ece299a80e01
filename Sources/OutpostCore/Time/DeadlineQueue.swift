// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Actions in the order of their times: a binary heap.
///
/// A cancelled action is gone at once. Its place in the heap stays until it is the first, or until most places are such.
struct DeadlineQueue {
    typealias Action = @Sendable () -> Void

    private struct Place {
        let time: ContinuousClock.Instant
        let number: Int
    }

    private var heap: [Place] = []
    private var actions: [Int: Action] = [:]
    private var last = 0
    /// Places of cancelled actions that the heap has at least before it is made anew.
    private static let mostCancelled = 64

    /// The places in the heap.
    var placeCount: Int { heap.count }

    /// The time of the first action.
    var first: ContinuousClock.Instant? { heap.first?.time }

    /// - Returns: the number for `cancel`.
    mutating func add(at time: ContinuousClock.Instant, _ action: @escaping Action) -> Int {
        last += 1
        actions[last] = action
        heap.append(Place(time: time, number: last))
        siftUp(heap.count - 1)
        return last
    }

    /// Removes an action. Does nothing after it was taken.
    mutating func cancel(_ number: Int) {
        actions[number] = nil
        if heap.count > 2 * actions.count + Self.mostCancelled {
            // A sorted array is a heap.
            heap = heap.filter { actions[$0.number] != nil }.sorted { $0.time < $1.time }
        }
        dropCancelled()
    }

    /// Removes and returns the actions whose times have come.
    mutating func takeDue(at now: ContinuousClock.Instant) -> [Action] {
        var due: [Action] = []
        while let place = heap.first, place.time <= now {
            removeFirst()
            if let action = actions.removeValue(forKey: place.number) { due.append(action) }
        }
        dropCancelled()
        return due
    }

    private mutating func dropCancelled() {
        while let place = heap.first, actions[place.number] == nil { removeFirst() }
    }

    private mutating func removeFirst() {
        let moved = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = moved
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].time < heap[least].time { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0, heap[child].time < heap[(child - 1) / 2].time {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }
}
