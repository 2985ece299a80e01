// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import NIOCore
import OutpostCore
import ServiceLifecycle

/// One WebSocket connection from its first frame to its last.
struct WebSocketSession: Sendable {
    let body: RequestBody
    let socket: WebSocket
    let limits: WebSocketLimits
    let handler: Handler

    typealias Handler = @Sendable (WebSocket, WebSocketMessages) async throws -> Void

    /// The time for the client to close its end after the server has closed.
    static let closingTime = TimeAmount.seconds(2)

    private enum End {
        case handled
        case stopping
    }

    /// Runs the handler until it returns, the client is gone, or the server stops. Then closes the connection. No task
    /// is left behind.
    func run() async {
        await withTaskGroup(of: End.self) { group in
            let pulse = WebSocketPulse(interval: limits.pingInterval)
            group.addTask {
                await handle(pulse)
                return .handled
            }
            group.addTask {
                try? await pulse.keep(socket)
                return .handled
            }
            group.addTask {
                // This also returns when the handler is over, because the group cancels it.
                try? await gracefulShutdown()
                return .stopping
            }
            if await group.next() == .stopping { try? await socket.close(.goingAway, "the server stops") }
            group.cancelAll()
        }
    }

    /// Runs the handler, and closes the connection with the reason of its end.
    private func handle(_ pulse: WebSocketPulse) async {
        let messages = WebSocketMessages(body, limit: limits.messageBytes, socket: socket, pulse: pulse)
        do {
            do {
                try await handler(socket, messages)
                try await socket.close(.normal)
            } catch let error as OutpostError {
                try await socket.close(error.code == .internal ? .internalError : .policyViolation, error.message)
            } catch is WebSocketInput.Failure {
                // The client has been told.
            } catch {
                try await socket.close(.internalError)
            }
            let limit = socket.end(in: Self.closingTime)
            defer { limit.cancel() }
            try await messages.waitForClose()
        } catch {
            // The client is gone, and there is nobody to tell.
        }
    }
}

/// The limits of a WebSocket connection.
struct WebSocketLimits: Sendable {
    /// The most bytes of one message from the client.
    var messageBytes = 1 << 20
    /// The time between two pings. A client that does not answer two pings counts as gone.
    var pingInterval = Duration.seconds(30)
}
