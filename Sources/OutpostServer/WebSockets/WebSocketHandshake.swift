// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import HTTPTypes
import OutpostAPI
import OutpostCore

/// What a client must send to have its connection upgraded, and what it is answered (RFC 6455, section 4.2).
struct WebSocketHandshake {
    /// What the server adds to a key to show that it has read it (section 1.3).
    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    private let key: String
    /// That of the client's protocols which the server speaks.
    private let subprotocol: String?

    /// - Parameter subprotocols: what the server speaks, the preferred first; none leaves the client's offer open.
    /// - Throws: `invalid_request` for a request that is no handshake of this version.
    init(_ request: HTTPRequest, subprotocols: [String]) throws {
        guard request.method == .get, request.asksForUpgrade, request.lists("websocket", in: .upgrade) else {
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
        self.key = key
        subprotocol = subprotocols.first { request.lists($0, in: .secWebSocketProtocol) }
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
    /// Whether the client wants to speak another protocol after this request: its parser stops there.
    var asksForUpgrade: Bool {
        method == .connect || (headerFields[.upgrade] != nil && lists("upgrade", in: .connection))
    }

    /// Whether a header that is a list has `word`, in any case.
    func lists(_ word: String, in name: HTTPField.Name) -> Bool {
        headerFields[values: name].contains { value in
            value.split(separator: ",").contains { String($0).trimmingSpaces.lowercased() == word.lowercased() }
        }
    }
}
