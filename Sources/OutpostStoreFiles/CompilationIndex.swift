// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// What a namespace keeps, in the order of last use, and how much that is.
struct CompilationIndex {
    private struct Entry {
        let cost: Int
        /// Decides about the order, which a clock that is set does not change.
        var lastUse: UInt64
        var usedAt: Timestamp
    }

    /// What an entry counts for at least, so that small ones do not use the file system's files up.
    static let leastCost = 64 << 10

    private let limit: Int
    private var entries: [String: Entry] = [:]
    /// Bytes, as they count for the limit.
    private(set) var used = 0
    private var clock: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    func keys(unusedSince moment: Timestamp) -> [String] {
        entries.filter { $0.value.usedAt < moment }.map(\.key)
    }

    private static func cost(_ bytes: Int) -> Int { max(bytes, leastCost) }

    func canHold(bytes: Int) -> Bool { Self.cost(bytes) <= limit }

    /// Forgets the least recently used entries until so many bytes more fit.
    ///
    /// - Returns: their keys.
    mutating func makeRoom(bytes: Int) -> [String] {
        var victims: [String] = []
        while used + Self.cost(bytes) > limit, let victim = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            remove(victim.key)
            victims.append(victim.key)
        }
        return victims
    }

    mutating func reserve(bytes: Int) { used += Self.cost(bytes) }

    mutating func release(bytes: Int) { used -= Self.cost(bytes) }

    /// Adds an entry, in place of one of the same key, as the most recently used.
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
