// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOConcurrencyHelpers

/// The process of a server. A test can end it.
public final class ServerProcess: Sendable {
    /// The signals that end a server.
    public enum Signal: Sendable {
        /// SIGTERM: finish the runs and stop.
        case terminate
        /// SIGKILL: a crash.
        case kill
    }

    /// The process id on the host.
    public let id: Int32
    private let isSignalled = NIOLockedValueBox(false)

    init(id: Int32) { self.id = id }

    /// Sends the signal, unless one was sent before. A second SIGTERM would mean something else to the server.
    ///
    /// - Throws: `FixtureError` when the process does not exist.
    public func send(_ signal: Signal) throws {
        let isFirst = isSignalled.withLockedValue { sent in
            defer { sent = true }
            return !sent
        }
        guard isFirst else { return }
        // The process is a child that nobody has waited for, so its id cannot be reused yet.
        guard kill(id, signal == .kill ? SIGKILL : SIGTERM) == 0 else {
            throw FixtureError("the server \(id) could not be signalled: errno \(errno)")
        }
    }
}
