// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// How many sandboxes are up before they are asked for.
public struct PoolPolicy: Hashable, Sendable {
    /// Kept for each kind of program that was asked for lately.
    public var floor: Int
    /// At most, for one kind; 0 starts every sandbox when it is asked for.
    public var ceiling: Int
    /// Seconds after the last request for a kind until its sandboxes are given back.
    public var idleSeconds: Int

    public init(floor: Int = 2, ceiling: Int = 16, idleSeconds: Int = 300) {
        self.floor = floor
        self.ceiling = ceiling
        self.idleSeconds = idleSeconds
    }
}

/// The sandboxes of one kind that are ready, and how many there should be.
struct WarmPool<Item: Sendable>: Sendable {
    private(set) var ready: [Item] = []
    /// On their way to be ready.
    private(set) var filling = 0
    /// How many should be ready.
    private(set) var target: Int
    /// What the image was when they were started; nil until the first look at it.
    var generation: String?
    private(set) var lastRequest: Timestamp
    private var lastMiss: Timestamp
    private var pausedUntil: Timestamp?
    /// Since one was ready.
    private var failures = 0

    /// - Parameter isExpected: whether more programs of the kind will come. One that was thought of once need not be kept in
    ///   numbers.
    init(policy: PoolPolicy, isExpected: Bool = true, at moment: Timestamp) {
        target = isExpected ? min(policy.floor, policy.ceiling) : 0
        lastRequest = moment
        lastMiss = moment
    }

    /// Takes the newest, whose memory is most likely still in the caches. When there is none, more are kept from now on.
    mutating func acquire(policy: PoolPolicy, at moment: Timestamp) -> Item? {
        lastRequest = moment
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
        pausedUntil = nil
        failures = 0
        ready.append(item)
    }

    /// One could not be started. The next is tried soon, since what it was to be copied from may just have died, and after
    /// twice as long each time.
    mutating func failed(at moment: Timestamp) {
        filling -= 1
        pausedUntil = moment.advanced(bySeconds: min(Self.longestPauseSeconds, 1 << min(failures, 16)))
        failures += 1
    }

    /// Takes out what fits no longer, and everything when it has not been asked for in a while.
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

    /// Ready, or on their way to be.
    var held: Int { ready.count + filling }

    /// Nothing is left and nothing wanted.
    var isEmpty: Bool { target == 0 && ready.isEmpty && filling == 0 }

    mutating func removeAll() -> [Item] {
        defer { ready = [] }
        return ready
    }

    mutating func removeAll(where isDead: (Item) -> Bool) { ready.removeAll(where: isDead) }

    private static var longestPauseSeconds: Int64 { 30 }
    private static var decaySeconds: Int64 { 30 }
}
