// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import HTTPTypes
import OutpostAPI
import OutpostCore

/// The opening handshake of a WebSocket connection (RFC 6455, section 4.2).
struct WebSocketHandshake {
    private let key: String
    /// The protocol that client and server share; nil when the answer names none.
    let subprotocol: String?

    /// The server appends this to the client's key to prove that it read the key (section 1.3).
    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// Checks the client's part of the handshake.
    ///
    /// - Parameter subprotocols: the protocols of the server, the preferred first.
    /// - Throws: `invalid_request` when the request is not a handshake of version 13; `forbidden` when a page of another
    ///   origin sends it. A browser lets any page open a WebSocket to any server and only tells the server the origin
    ///   (RFC 6455, section 10.2).
    init(_ request: HTTPRequest, subprotocols: [String]) throws {
        guard request.isWebSocketHandshake else {
            throw Refusal(
                OutpostError(.invalidRequest, "this path needs a WebSocket (Upgrade: websocket)"),
                headers: [(.upgrade, "websocket")])
        }
        guard request.headerFields[.secWebSocketVersion] == "13" else {
            throw Refusal(
                OutpostError(.invalidRequest, "Sec-WebSocket-Version must be 13"),
                headers: [(.secWebSocketVersion, "13")])
        }
        guard let key = request.headerFields[.secWebSocketKey], Base64.decode(key)?.count == 16 else {
            throw OutpostError(.invalidRequest, "Sec-WebSocket-Key must be 16 bytes in base64")
        }
        guard request.isOfOwnOrigin else {
            throw OutpostError(.forbidden, "Origin is another server's; a page can connect only to its own server")
        }
        self.key = key
        subprotocol = subprotocols.first { request.headerFields.lists($0, in: .secWebSocketProtocol) }
    }

    /// The headers of the answer 101.
    var headers: Headers {
        let hash = Insecure.SHA1.hash(data: Array((key + Self.magic).utf8))
        var headers: Headers = [
            (.connection, "Upgrade"), (.upgrade, "websocket"), (.secWebSocketAccept, Base64.encode(Array(hash))),
        ]
        if let subprotocol { headers.append((.secWebSocketProtocol, subprotocol)) }
        return headers
    }
}

extension HTTPRequest {
    /// Whether the client asks for another protocol after this request. The HTTP parser stops after such a request.
    var asksForUpgrade: Bool {
        method == .connect || (headerFields[.upgrade] != nil && headerFields.lists("upgrade", in: .connection))
    }
}
