// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension OutpostClient {
    /// The server of a client, its namespace and its credential.
    public struct Configuration: Hashable, Sendable {
        /// The address of the server.
        public let address: ServerAddress
        /// The namespace of the client's sandboxes and jobs.
        public let namespace: NamespaceName
        /// Whether calls that a paused sandbox refuses end the pause first.
        public var resumesSandboxes = false
        /// The header `Authorization`; nil for none.
        let authorization: String?

        /// Makes a configuration.
        ///
        /// - Parameters:
        ///   - url: `http://host:port`, `https://host:port` or `unix:/path.sock`.
        ///   - token: a personal access token, or an API key as `<name>$<secret>`; nil when no call needs a token.
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

/// Every API key contains a dollar sign, and no personal access token does.
private func authorizationHeader(_ token: String) throws(OutpostError) -> String {
    guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw OutpostError(.invalidRequest, "the token is malformed: it must be printable ASCII without spaces")
    }
    return (token.contains("$") ? "API-Key " : "Bearer ") + token
}
