// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The sandboxes of one kind that are ready, and how many there should be.
struct PoolShelf<Item: Sendable>: Sendable {
    private(set) var ready: [Item] = []
    /// On their way to be ready.
    private(set) var filling = 0
    /// How many should be ready.
    private(set) var target: Int
    /// Whether one has come up: from then on, one that is missing is worth waiting for.
    private(set) var isProven = false
    /// What the image was when they were started; nil until the first look at it.
    var generation: String?
    private var lastTake: Timestamp
    private var lastMiss: Timestamp
    private var pausedUntil: Timestamp?

    init(policy: PoolPolicy, at moment: Timestamp) {
        target = min(policy.floor, policy.ceiling)
        lastTake = moment
        lastMiss = moment
    }

    /// Takes the newest, whose memory is most likely still in the caches. When there is none, more are kept from now on.
    mutating func take(policy: PoolPolicy, at moment: Timestamp) -> Item? {
        lastTake = moment
        if let item = ready.popLast() { return item }
        lastMiss = moment
        target = min(policy.ceiling, max(1, target * 2))
        return nil
    }

    /// How many are to be started now.
    func missing(at moment: Timestamp) -> Int {
        if let pausedUntil, moment < pausedUntil { return 0 }
        return max(0, target - ready.count - filling)
    }

    mutating func began(_ count: Int) { filling += count }

    mutating func finished(_ item: Item) {
        filling -= 1
        isProven = true
        pausedUntil = nil
        ready.append(item)
    }

    /// One could not be started; the next is tried after a while.
    mutating func failed(at moment: Timestamp) {
        filling -= 1
        isProven = false
        pausedUntil = moment.advanced(bySeconds: Self.pauseSeconds)
    }

    /// Takes out what fits no longer, and everything when it has not been asked for in a while.
    mutating func expire(policy: PoolPolicy, at moment: Timestamp) -> [Item] {
        if lastMiss.advanced(bySeconds: Self.decaySeconds) <= moment {
            lastMiss = moment
            target = max(min(policy.floor, policy.ceiling), target / 2)
        }
        if lastTake.advanced(bySeconds: Int64(policy.idleSeconds)) <= moment { target = 0 }
        guard ready.count > target else { return [] }
        defer { ready.removeFirst(ready.count - target) }
        return Array(ready.prefix(ready.count - target))
    }

    /// Nothing is left and nothing wanted.
    var isEmpty: Bool { target == 0 && ready.isEmpty && filling == 0 }

    mutating func removeAll() -> [Item] {
        defer { ready = [] }
        return ready
    }

    mutating func keep(_ items: [Item]) { ready = items }

    private static var pauseSeconds: Int64 { 30 }
    private static var decaySeconds: Int64 { 30 }
}
