// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Sends pings to find out whether a client is alive. The client must answer while the server reads.
final class WebSocketPulse: Sendable {
    /// The time between two pings.
    let interval: Duration
    private let state = Mutex(State())

    private struct State {
        var isListening = false
        var unanswered = 0
    }

    init(interval: Duration) { self.interval = interval }

    /// Tells that bytes have come from the client.
    func heard() { state.withLock { $0.unanswered = 0 } }

    /// Tells whether the server reads. When the handler does not take messages, answers to pings are not read either.
    func isListening(_ isListening: Bool) { state.withLock { $0.isListening = isListening } }

    /// Counts a ping, unless the server does not read.
    ///
    /// - Returns: false when the client has not answered the two pings before.
    func beat() -> Bool {
        state.withLock { state in
            if state.isListening { state.unanswered += 1 }
            return state.unanswered <= 2
        }
    }

    /// Sends pings until the returned task is cancelled.
    ///
    /// - Parameter onLoss: called when the client does not answer any more, or the connection is closed.
    func keep(_ socket: WebSocket, onLoss: @escaping @Sendable () -> Void) -> RepeatedTask {
        socket.repeatPing(every: TimeAmount(interval), while: beat, onLoss: onLoss)
    }
}
