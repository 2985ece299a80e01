// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Whether a client is still there: it must answer pings while the server listens.
final class WebSocketPulse: Sendable {
    private struct State {
        var isListening = false
        var unanswered = 0
    }

    /// Between two pings.
    let interval: Duration
    private let state = Mutex(State())

    init(interval: Duration) { self.interval = interval }

    func heard() { state.withLock { $0.unanswered = 0 } }

    /// A handler that takes no messages cannot hear answers either.
    func isListening(_ isListening: Bool) { state.withLock { $0.isListening = isListening } }

    /// Counts a ping.
    ///
    /// - Returns: false when two before it were not answered.
    func beat() -> Bool {
        state.withLock { state in
            if state.isListening { state.unanswered += 1 }
            return state.unanswered <= 2
        }
    }

    /// Sends pings until the client does not answer.
    ///
    /// - Throws: `ChannelError.inputClosed` then; when the connection is gone; when it is cancelled.
    func keep(_ socket: WebSocket) async throws {
        while true {
            try await Task.sleep(for: interval)
            guard beat() else { throw ChannelError.inputClosed }
            try await socket.send(.ping, ByteBuffer())
        }
    }
}
