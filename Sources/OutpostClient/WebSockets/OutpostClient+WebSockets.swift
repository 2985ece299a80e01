// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import NIOWebSocket
import OutpostCore

extension OutpostClient {
    /// Returns the opening of a WebSocket connection for `call`.
    ///
    /// - Throws: `internal` when the call is incomplete.
    func opening(_ call: Call, subprotocol: String) throws(OutpostError) -> WebSocketOpening {
        let (_, path) = try call.target()
        var headers = HTTPHeaders([("Host", configuration.address.authority), ("Sec-WebSocket-Protocol", subprotocol)])
        if let authorization = configuration.authorization {
            headers.add(name: "Authorization", value: authorization)
        }
        return WebSocketOpening(
            address: configuration.address, path: configuration.address.target(path, query: query(of: call)),
            headers: headers)
    }
}
