// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers

/// The process of a server, to be ended by a test itself.
public final class ServerProcess: Sendable {
    /// What ends a process.
    public enum Signal: Sendable {
        /// SIGTERM: finish what runs, and end.
        case terminate
        /// SIGKILL: a crash.
        case kill
    }

    /// Process id on this host.
    public let id: Int32
    private let isSignalled = NIOLockedValueBox(false)

    init(id: Int32) { self.id = id }

    /// Sends the signal, unless one was sent before: the second SIGTERM of an impatient person is another request.
    ///
    /// - Throws: `FixtureError` when there is no such process.
    public func send(_ signal: Signal) throws {
        let isFirst = isSignalled.withLockedValue { sent in
            defer { sent = true }
            return !sent
        }
        guard isFirst else { return }
        // The process is a child that nobody has waited for yet, so its id cannot have gone to another.
        guard kill(id, signal == .kill ? SIGKILL : SIGTERM) == 0 else {
            throw FixtureError("the server \(id) could not be signalled: errno \(errno)")
        }
    }
}
