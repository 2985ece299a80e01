// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostEngine

extension Credential {
    /// Parses the credential of a request: the header `Authorization`, or, when that is absent, an entry of
    /// `Sec-WebSocket-Protocol` of a WebSocket handshake.
    init?(_ request: Request) {
        if let header = request.headers[.authorization] {
            self.init(authorization: header)
        } else {
            self.init(webSocket: request.head)
        }
    }

    /// Parses the entry `outpost.authorization.VALUE` of `Sec-WebSocket-Protocol`. VALUE is that of the header
    /// `Authorization` in base64url without padding (RFC 4648, section 5). A browser cannot send that header with a
    /// WebSocket handshake. Nil for a request of another kind, and when there is not exactly one such entry.
    private init?(webSocket request: HTTPRequest) {
        guard request.isWebSocketHandshake else { return nil }
        let entries = HeaderList(request.headerFields[values: .secWebSocketProtocol]).elements
        let values = entries.filter { $0.hasPrefix(Self.entry) }.map { $0.dropFirst(Self.entry.count) }
        guard values.count == 1, let value = values.first, let bytes = Base64.decode(url: value) else { return nil }
        self.init(authorization: String(validating: bytes, as: UTF8.self))
    }

    private static let entry = "outpost.authorization."
}

extension Base64 {
    /// Returns the bytes that base64url text without padding encodes; nil when it is not that.
    fileprivate static func decode(url text: Substring) -> [UInt8]? {
        guard !text.utf8.contains(where: { "+/=".utf8.contains($0) }) else { return nil }
        let letters = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return decode(String(letters) + String(repeating: "=", count: (4 - letters.count % 4) % 4))
    }
}

extension HTTPRequest {
    /// Whether this is a WebSocket handshake (RFC 6455, section 4.1).
    var isWebSocketHandshake: Bool {
        method == .get && asksForUpgrade && headerFields.lists("websocket", in: .upgrade)
    }

    /// Whether the page of a browser that sends this request comes from this server. A request without `Origin` does not
    /// come from a page.
    var isOfOwnOrigin: Bool {
        let origins = headerFields[values: .origin]
        guard let origin = origins.first else { return true }
        // The server cannot know the scheme when a proxy before it does TLS.
        guard origins.count == 1, let authority else { return false }
        return ["http://", "https://"].contains { origin.lowercased() == $0 + authority.lowercased() }
    }
}
