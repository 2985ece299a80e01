// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Whose kinds of sandboxes are kept ready. What a client thinks of costs its own namespace's kinds, never another's.
enum PoolShares {
    /// Kinds of all namespaces together.
    static let mostKinds = 96

    /// Which kind has to go before `newcomer` can be kept; nil when there is room.
    ///
    /// - Parameters:
    ///   - shelves: when each kind was asked for last.
    ///   - limit: how many kinds the newcomer's namespace may have.
    static func displaced(
        by newcomer: PoolKind, in shelves: [PoolKind: Timestamp], limit: Int
    ) -> PoolKind? {
        let own = shelves.filter { $0.key.namespace == newcomer.namespace }
        if own.count >= limit { return leastUsed(own) }
        guard shelves.count >= mostKinds else { return nil }
        // Who has the most gives one up: that is the newcomer's own namespace, unless it has few.
        let byNamespace = Dictionary(grouping: shelves.keys, by: \.namespace)
        let most = byNamespace.values.map(\.count).max() ?? 0
        let crowded = own.count >= most ? own : shelves.filter { byNamespace[$0.key.namespace]?.count == most }
        return leastUsed(crowded)
    }

    private static func leastUsed(_ shelves: [PoolKind: Timestamp]) -> PoolKind? {
        shelves.min { $0.value < $1.value }?.key
    }
}
