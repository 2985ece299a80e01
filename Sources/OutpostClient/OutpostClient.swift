// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore

/// A client of one server and one namespace. Calls can run at the same time.
///
/// Calls throw `OutpostError`. It has the server's code and message, or the code `unavailable` when the server did not
/// answer.
public final class OutpostClient: Sendable {
    /// The configuration with which the client was made.
    public let configuration: Configuration
    let http: HTTPClient

    /// Makes a client without connecting. Close it with `shutdown()`, or use `withConnection`, which closes it.
    public init(configuration: Configuration) {
        self.configuration = configuration
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        settings.timeout.connect = .seconds(10)
        // Without this, the user would learn only after many retries that no server runs.
        settings.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Closes all connections. Running calls fail, and the client cannot be used any more.
    ///
    /// - Throws: an error of the HTTP library when the client is closed already.
    public func shutdown() async throws {
        try await http.shutdown()
    }

    /// Calls `body` with a client, and closes the client when `body` returns or throws.
    ///
    /// - Throws: the error of `body`, or else an error of the HTTP library when the client cannot be closed.
    public static func withConnection<Result>(
        _ configuration: Configuration, isolation: isolated (any Actor)? = #isolation,
        _ body: (OutpostClient) async throws -> Result
    ) async throws -> Result {
        let client = OutpostClient(configuration: configuration)
        let result: Result
        do {
            result = try await body(client)
        } catch {
            // The error of `body` is more useful than an error about closing.
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return result
    }
}
