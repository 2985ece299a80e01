// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore

/// A client of one server, for one namespace. Calls may run at the same time.
///
/// What goes wrong is an `OutpostError`: the server's own code and message where it answered, `unavailable` where it
/// did not.
public final class OutpostClient: Sendable {
    /// What the client was made with.
    public let configuration: Configuration
    let http: HTTPClient

    /// A client that must be closed with `shutdown()`; `withConnection` does it unasked.
    public init(configuration: Configuration) {
        self.configuration = configuration
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        settings.timeout.connect = .seconds(10)
        // A server that is not there is to be told at once.
        settings.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Closes all connections; calls that still run fail. The client cannot be used after it.
    public func shutdown() async throws {
        try await http.shutdown()
    }

    /// Gives `body` a client and closes it when `body` returns or throws.
    ///
    /// - Throws: what `body` throws, and `unavailable` when the connections could not be closed.
    public static func withConnection<Result>(
        _ configuration: Configuration, isolation: isolated (any Actor)? = #isolation,
        _ body: (OutpostClient) async throws -> Result
    ) async throws -> Result {
        let client = OutpostClient(configuration: configuration)
        let result: Result
        do {
            result = try await body(client)
        } catch {
            // The first error tells more than one about closing.
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return result
    }
}
