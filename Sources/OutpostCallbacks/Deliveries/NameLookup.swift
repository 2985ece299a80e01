// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import OutpostLinux
import OutpostNetwork

/// Looks up host names with a deadline.
struct NameLookup: Sendable {
    /// The look-up did not end before the deadline.
    struct Timeout: Error {}

    /// Threads for look-ups only. A receiver may run the name servers of its own name and make them slow.
    private static let pool = BlockingPool(limit: 16)

    /// Uses the host's resolver.
    static let system = NameLookup { name in try HostLookup.addresses(of: name) }

    /// Returns all addresses of a name. Blocks.
    let resolve: @Sendable (String) throws -> [HostAddress]

    /// Returns all addresses of `name`. A look-up cannot be stopped: after `deadline` it goes on in its thread, and its
    /// result is dropped.
    ///
    /// - Throws: `LookupError`, `Timeout`, or `CancellationError`.
    func addresses(of name: String, until deadline: NIODeadline) async throws -> [HostAddress] {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        // The look-up, the deadline and a cancellation may all complete the promise. The first one counts.
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
