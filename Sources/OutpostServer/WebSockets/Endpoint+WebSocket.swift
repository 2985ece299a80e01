// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostAPI

extension Endpoint {
    /// A call that becomes a WebSocket connection. All steps come before: who may not call is answered as by any other
    /// call, and nothing is upgraded.
    ///
    /// - Parameters:
    ///   - subprotocols: what the server speaks, the preferred first.
    ///   - handler: is given both halves of the connection, which is closed when it returns.
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
