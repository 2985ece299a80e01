// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Threads for what may wait for a lock that a program holds: those of one namespace's programs hold up nobody else's.
@Reactor
final class TenantThreads {
    private var pools: [NamespaceName?: BlockingPool] = [:]

    nonisolated init() {}

    /// The threads of a namespace; the server's own are those of nil. There are none while there is nothing to do.
    subscript(namespace: NamespaceName?) -> BlockingPool {
        if let known = pools[namespace] { return known }
        let pool = BlockingPool(limit: Self.most, idleMilliseconds: 1000)
        pools[namespace] = pool
        return pool
    }

    /// So many pipes of one namespace may be stuck before the others of it are.
    private nonisolated static var most: Int { 32 }
}
