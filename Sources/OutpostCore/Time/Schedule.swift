// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Actions in the order of their times, and actions of the same time in the order in which they were added: a binary heap.
///
/// A cancelled action is gone at once. Its place in the heap stays until it is the first, or until most places are such.
/// Everything is inlinable, because the reactor uses it for each run.
public struct Schedule<Time: Comparable, Action> {
    @usableFromInline
    struct Place {
        @usableFromInline let time: Time
        @usableFromInline let number: Int

        @inlinable
        init(time: Time, number: Int) {
            self.time = time
            self.number = number
        }

        @inlinable
        static func < (left: Place, right: Place) -> Bool {
            left.time == right.time ? left.number < right.number : left.time < right.time
        }
    }

    @usableFromInline var heap: [Place] = []
    @usableFromInline var actions: [Int: Action] = [:]
    @usableFromInline var last = 0
    /// Places of cancelled actions that the heap has at least before it is made anew.
    @inlinable static var mostCancelled: Int { 64 }

    /// Makes an empty schedule.
    @inlinable
    public init() {}

    /// The time of the first action; nil without one.
    @inlinable public var first: Time? { heap.first?.time }

    /// Adds an action.
    ///
    /// - Returns: the number for `cancel`.
    @inlinable
    public mutating func add(at time: Time, _ action: Action) -> Int {
        last += 1
        actions[last] = action
        heap.append(Place(time: time, number: last))
        siftUp(heap.count - 1)
        return last
    }

    /// Removes an action. Does nothing after it was taken.
    @inlinable
    public mutating func cancel(_ number: Int) {
        guard actions.removeValue(forKey: number) != nil else { return }
        if heap.count > 2 * actions.count + Self.mostCancelled {
            // A sorted array is a heap.
            heap = heap.filter { actions[$0.number] != nil }.sorted { $0 < $1 }
        }
        dropCancelled()
    }

    /// Removes the first action whose time has come, and returns it. Nil without one.
    @inlinable
    public mutating func takeDue(at now: Time) -> Action? {
        guard let place = heap.first, place.time <= now else { return nil }
        removeFirst()
        // The first place is never that of a cancelled action.
        let action = actions.removeValue(forKey: place.number)
        dropCancelled()
        return action
    }

    @inlinable
    mutating func dropCancelled() {
        while let place = heap.first, actions[place.number] == nil { removeFirst() }
    }

    @inlinable
    mutating func removeFirst() {
        let moved = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = moved
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left] < heap[least] { least = left }
            if left + 1 < heap.count, heap[left + 1] < heap[least] { least = left + 1 }
            guard least != parent else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }

    @inlinable
    mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }
}
