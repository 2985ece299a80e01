// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension OutpostClient {
    /// Which server, and who asks.
    public struct Configuration: Hashable, Sendable {
        /// Where the server listens.
        public let address: ServerAddress
        /// The namespace of every sandbox that the client touches.
        public let namespace: NamespaceName
        /// The header `Authorization`; nil for none.
        let authorization: String?

        /// - Parameters:
        ///   - url: `http://host:port`, `https://host:port` or `unix:/path.sock`.
        ///   - token: a personal access token, or an API key as `<name>$<secret>`; nil for calls that need none.
        /// - Throws: `invalid_request` when the URL or the token is malformed.
        public init(
            url: String = "http://127.0.0.1:8080", token: String? = nil, namespace: NamespaceName = .default
        ) throws(OutpostError) {
            address = try ServerAddress(url)
            self.namespace = namespace
            authorization = try token.map(authorizationHeader)
        }
    }
}

/// No token of the other kind contains a dollar sign, and every API key does.
private func authorizationHeader(_ token: String) throws(OutpostError) -> String {
    guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw OutpostError(.invalidRequest, "the token is malformed: it must be printable ASCII without spaces")
    }
    return (token.contains("$") ? "API-Key " : "Bearer ") + token
}
