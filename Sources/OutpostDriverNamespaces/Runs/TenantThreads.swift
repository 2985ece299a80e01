// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Threads for calls that may wait for a lock that a program holds. Each namespace has its own threads. Its programs
/// cannot delay another namespace.
@Reactor
final class TenantThreads {
    private var pools: [NamespaceName?: BlockingPool] = [:]

    nonisolated init() {}

    /// The threads of a namespace. Nil is for the server's own. Idle threads end.
    subscript(namespace: NamespaceName?) -> BlockingPool {
        if let known = pools[namespace] { return known }
        let pool = BlockingPool(limit: Self.most, idleMilliseconds: 1000)
        pools[namespace] = pool
        return pool
    }

    /// The number of blocked pipes of one namespace that delay its other pipes.
    private nonisolated static var most: Int { 32 }
}
