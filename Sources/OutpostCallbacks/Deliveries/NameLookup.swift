// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import OutpostLinux
import OutpostNetwork

/// Looks names up without waiting longer than it may.
struct NameLookup: Sendable {
    /// A name's servers may be the receiver's own and as slow as it likes, so these threads are no one else's.
    private static let pool = BlockingPool(limit: 16)

    /// The name took too long.
    struct Timeout: Error {}

    /// Every address of a name; blocks.
    let resolve: @Sendable (String) throws -> [HostAddress]

    /// The host's own resolver.
    static let system = NameLookup { name in try HostLookup.addresses(of: name) }

    /// Every address of `name`. A look-up that is still in progress at `deadline` goes on unheard, since it cannot be
    /// ended.
    ///
    /// - Throws: `LookupError`, `Timeout`, or `CancellationError`.
    func addresses(of name: String, until deadline: NIODeadline) async throws -> [HostAddress] {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        // Of all that complete it, the first counts.
        let promise = loop.makePromise(of: [HostAddress].self)
        let end = loop.scheduleTask(deadline: deadline) { promise.fail(Timeout()) }
        defer { end.cancel() }
        Self.pool.submit { [resolve] in
            guard NIODeadline.now() < deadline else { return }
            promise.completeWith(Result { try resolve(name) })
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }
}
