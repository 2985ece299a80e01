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

    /// Runs the handler until it returns, the client is gone, or the server stops. Then closes the connection. No task
    /// is left behind.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            let pulse = WebSocketPulse(interval: limits.pingInterval)
            let over = Milestone()
            group.addTask {
                await handle(pulse)
                over.reach()
            }
            let pings = pulse.keep(socket) { over.reach() }
            await withGracefulShutdownHandler {
                await over.wait()
            } onGracefulShutdown: {
                over.reach()
            }
            pings.cancel()
            if Task.isShuttingDownGracefully { try? await socket.close(.goingAway, "the server stops") }
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
