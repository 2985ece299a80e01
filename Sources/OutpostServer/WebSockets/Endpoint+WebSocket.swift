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
            let session = WebSocketSession(
                body: call.incoming.upgraded, socket: WebSocket(call.channel), limits: limits
            ) { socket, messages in
                try await handler(call, socket, messages)
            }
            return .upgrade(handshake.headers) { _ in await session.run() }
        }
    }
}
