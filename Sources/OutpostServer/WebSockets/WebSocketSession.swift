// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import NIOCore
import OutpostCore
import ServiceLifecycle

/// One WebSocket connection from its first frame to its last.
struct WebSocketSession: Sendable {
    typealias Handler = @Sendable (WebSocket, WebSocketMessages) async throws -> Void

    /// How long a client has to close its end, once the server has closed its own.
    static let closingTime = TimeAmount.seconds(2)

    let body: RequestBody
    let socket: WebSocket
    let limits: WebSocketLimits
    let handler: Handler

    private enum End {
        case handled
        case stopping
    }

    /// Runs the handler until it returns, the client is gone, or the server stops; then closes. Nothing of it goes on after.
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
                // Also when the handler is over, which cancels this.
                try? await gracefulShutdown()
                return .stopping
            }
            if await group.next() == .stopping { try? await socket.close(.goingAway, "the server stops") }
            group.cancelAll()
        }
    }

    /// Closes with what the handler's end says.
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
            // The client is gone, which is an end like another.
        }
    }
}

/// What a WebSocket connection may cost.
struct WebSocketLimits: Sendable {
    /// Bytes of one message that a client sends.
    var messageBytes = 1 << 20
    /// After so long without an answer to a ping, and once more, a client counts as gone.
    var pingInterval = Duration.seconds(30)
}
