// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostAPI

extension Endpoint {
    /// Returns a call that becomes a WebSocket connection. All steps run before the upgrade, and a refused caller gets
    /// an ordinary answer.
    ///
    /// - Parameters:
    ///   - subprotocols: the protocols of the server, the preferred first.
    ///   - handler: gets both halves of the connection. The connection closes when it returns.
    static func webSocket(
        _ path: String, access: RouteAccess, subprotocols: [String] = [], limits: WebSocketLimits = WebSocketLimits(),
        handler: @escaping @Sendable (Call, WebSocket, WebSocketMessages) async throws -> Void
    ) -> Endpoint {
        Endpoint(method: .get, path: PathTemplate(path), access: access) { call in
            let handshake = try WebSocketHandshake(call.incoming.head, subprotocols: subprotocols)
            return call.webSocket(handshake, limits: limits) { try await handler(call, $0, $1) }
        }
    }
}

extension Call {
    /// Returns the answer that makes the connection a WebSocket.
    ///
    /// - Parameters:
    ///   - handshake: the client's part, which was checked.
    ///   - handler: gets both halves of the connection. The connection closes when it returns. It is not called when
    ///     the connection has closed before.
    func webSocket(
        _ handshake: WebSocketHandshake, limits: WebSocketLimits = WebSocketLimits(),
        handler: @escaping @Sendable (WebSocket, WebSocketMessages) async throws -> Void
    ) -> Answer {
        let session = WebSocketSession(
            body: incoming.upgraded, socket: WebSocket(channel), limits: limits, handler: handler)
        return .upgrade(handshake.headers) { _ in await session.run() }
    }
}
