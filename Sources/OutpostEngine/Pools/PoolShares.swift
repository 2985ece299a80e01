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
    ///   - pools: when each kind was asked for last.
    ///   - limit: how many kinds the newcomer's namespace may have.
    static func displaced(
        by newcomer: PoolKey, in pools: [PoolKey: Timestamp], limit: Int
    ) -> PoolKey? {
        let own = pools.filter { $0.key.namespace == newcomer.namespace }
        if own.count >= limit { return leastUsed(own) }
        guard pools.count >= mostKinds else { return nil }
        // Who has the most gives one up: that is the newcomer's own namespace, unless it has few.
        let byNamespace = Dictionary(grouping: pools.keys, by: \.namespace)
        let most = byNamespace.values.map(\.count).max() ?? 0
        let crowded = own.count >= most ? own : pools.filter { byNamespace[$0.key.namespace]?.count == most }
        return leastUsed(crowded)
    }

    private static func leastUsed(_ pools: [PoolKey: Timestamp]) -> PoolKey? {
        pools.min { $0.value < $1.value }?.key
    }
}
