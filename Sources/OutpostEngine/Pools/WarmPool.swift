// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The sizes of the warm pools.
public struct PoolPolicy: Hashable, Sendable {
    /// The minimum size of a pool that was requested recently.
    public var floor: Int
    /// The maximum size of a pool. 0 starts every sandbox cold.
    public var ceiling: Int
    /// Seconds after the last request until an unused pool is emptied.
    public var idleSeconds: Int

    /// Creates a policy.
    public init(floor: Int = 2, ceiling: Int = 16, idleSeconds: Int = 300) {
        self.floor = floor
        self.ceiling = ceiling
        self.idleSeconds = idleSeconds
    }
}

/// One warm pool: its sandboxes, and how many there should be.
struct WarmPool<Item: Sendable>: Sendable {
    private(set) var ready: [Item] = []
    /// The number of sandboxes that are being started.
    private(set) var filling = 0
    /// The number of sandboxes that should be ready.
    private(set) var target: Int
    /// The image's fingerprint when the sandboxes were started. Nil before the first check.
    var generation: String?
    private(set) var lastRequest: Timestamp
    private var lastMiss: Timestamp
    private var pausedUntil: Timestamp?
    /// The number of failures since the last success.
    private var failures = 0

    /// Creates an empty pool.
    ///
    /// - Parameter isExpected: whether more programs of this kind are likely. Otherwise the pool starts with a target
    ///   of zero.
    init(policy: PoolPolicy, isExpected: Bool = true, at moment: Timestamp) {
        target = isExpected ? min(policy.floor, policy.ceiling) : 0
        lastRequest = moment
        lastMiss = moment
    }

    /// Removes and returns the newest sandbox, because its memory is most likely still in the processor's caches. When
    /// there is none, the target doubles.
    mutating func acquire(policy: PoolPolicy, at moment: Timestamp) -> Item? {
        lastRequest = moment
        if let item = ready.popLast() { return item }
        lastMiss = moment
        target = min(policy.ceiling, max(1, target * 2))
        return nil
    }

    /// Returns how many sandboxes to start now.
    func missing(at moment: Timestamp) -> Int {
        if let pausedUntil, moment < pausedUntil { return 0 }
        return max(0, target - ready.count - filling)
    }

    /// Records that `count` sandboxes are being started.
    mutating func began(_ count: Int) { filling += count }

    /// Adds a sandbox that has started.
    mutating func finished(_ item: Item) {
        filling -= 1
        pausedUntil = nil
        failures = 0
        ready.append(item)
    }

    /// Records that a sandbox could not be started. The next try comes after 1 s, because its zygote may just have
    /// ended. The pause doubles with each failure, up to 30 s.
    mutating func failed(at moment: Timestamp) {
        filling -= 1
        pausedUntil = moment.advanced(bySeconds: min(Self.longestPauseSeconds, 1 << min(failures, 16)))
        failures += 1
    }

    /// Lowers the target of a pool that is used little, and removes and returns the surplus sandboxes, the oldest
    /// first.
    mutating func expire(policy: PoolPolicy, at moment: Timestamp) -> [Item] {
        if lastMiss.advanced(bySeconds: Self.decaySeconds) <= moment {
            lastMiss = moment
            target = max(min(policy.floor, policy.ceiling), target / 2)
        }
        if lastRequest.advanced(bySeconds: Int64(policy.idleSeconds)) <= moment { target = 0 }
        guard ready.count > target else { return [] }
        defer { ready.removeFirst(ready.count - target) }
        return Array(ready.prefix(ready.count - target))
    }

    /// The number of sandboxes that are ready or being started.
    var held: Int { ready.count + filling }

    /// Whether the pool has no sandbox and needs none.
    var isEmpty: Bool { target == 0 && ready.isEmpty && filling == 0 }

    /// Removes and returns all ready sandboxes.
    mutating func removeAll() -> [Item] {
        defer { ready = [] }
        return ready
    }

    /// Removes the ready sandboxes that match.
    mutating func removeAll(where isDead: (Item) -> Bool) { ready.removeAll(where: isDead) }

    private static var longestPauseSeconds: Int64 { 30 }
    private static var decaySeconds: Int64 { 30 }
}
