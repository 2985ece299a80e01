// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The compilations of one namespace in the order of last use, and the bytes that they take.
struct CompilationIndex {
    private struct Entry {
        let cost: Int
        /// The number of the last use. The order follows it and not `usedAt`, because the wall clock can be set.
        var lastUse: UInt64
        var usedAt: Timestamp
    }

    /// The least bytes that an entry counts for. It limits the number of small files, which use up inodes.
    static let leastCost = 64 << 10

    private let limit: Int
    private var entries: [String: Entry] = [:]
    /// Bytes that count for the limit, with reserved ones.
    private(set) var used = 0
    /// Uses so far.
    private var clock: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    func keys(unusedSince moment: Timestamp) -> [String] {
        entries.filter { $0.value.usedAt < moment }.map(\.key)
    }

    private static func cost(_ bytes: Int) -> Int { max(bytes, leastCost) }

    func canHold(bytes: Int) -> Bool { Self.cost(bytes) <= limit }

    /// Removes the least recently used entries until `bytes` more fit.
    ///
    /// - Returns: the keys of the removed entries.
    mutating func makeRoom(bytes: Int) -> [String] {
        var victims: [String] = []
        while used + Self.cost(bytes) > limit, let victim = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            remove(victim.key)
            victims.append(victim.key)
        }
        return victims
    }

    /// Counts `bytes` for an entry that is being written. `release` ends this.
    mutating func reserve(bytes: Int) { used += Self.cost(bytes) }

    mutating func release(bytes: Int) { used -= Self.cost(bytes) }

    /// Adds an entry as the most recently used one. Replaces an entry of the same key.
    mutating func insert(_ key: String, bytes: Int, at now: Timestamp) {
        remove(key)
        clock += 1
        entries[key] = Entry(cost: Self.cost(bytes), lastUse: clock, usedAt: now)
        used += Self.cost(bytes)
    }

    /// Makes an entry the most recently used; false when there is none.
    mutating func use(_ key: String, at now: Timestamp) -> Bool {
        guard entries[key] != nil else { return false }
        clock += 1
        entries[key]?.lastUse = clock
        entries[key]?.usedAt = now
        return true
    }

    mutating func remove(_ key: String) {
        if let entry = entries.removeValue(forKey: key) { used -= entry.cost }
    }
}
