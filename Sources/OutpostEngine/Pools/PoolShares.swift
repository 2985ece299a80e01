// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Decides which kinds of sandboxes the pools hold. When a client uses many kinds, this costs its own namespace and no
/// other.
enum PoolShares {
    /// The maximum number of kinds, in all namespaces.
    static let mostKinds = 96

    /// Returns the kind to remove before `newcomer` gets a pool. Nil when there is space.
    ///
    /// - Parameters:
    ///   - pools: the last request of each kind.
    ///   - limit: the maximum number of kinds of the newcomer's namespace.
    static func displaced(
        by newcomer: PoolKey, in pools: [PoolKey: Timestamp], limit: Int
    ) -> PoolKey? {
        let own = pools.filter { $0.key.namespace == newcomer.namespace }
        if own.count >= limit { return leastUsed(own) }
        guard pools.count >= mostKinds else { return nil }
        // The namespace with the most kinds loses one. The newcomer's own namespace loses one if it has as many.
        let byNamespace = Dictionary(grouping: pools.keys, by: \.namespace)
        let most = byNamespace.values.map(\.count).max() ?? 0
        let crowded = own.count >= most ? own : pools.filter { byNamespace[$0.key.namespace]?.count == most }
        return leastUsed(crowded)
    }

    private static func leastUsed(_ pools: [PoolKey: Timestamp]) -> PoolKey? {
        pools.min { $0.value < $1.value }?.key
    }
}
