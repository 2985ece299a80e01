// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import OutpostNetwork

/// One request and its answer, on a connection of its own.
struct CallbackExchange {
    /// How much of an answer's body is read before the connection is closed.
    static let maximumAnswerBytes = 64 << 10

    let url: CallbackURL
    /// Where to connect to, whatever the host's name may mean by now.
    let address: HostAddress
    let trustRoots: NIOSSLTrustRoots
    /// When the exchange ends, finished or not.
    let deadline: NIODeadline

    /// The connection is not to the address that was judged.
    struct WrongPeer: Error {}

    /// Sends `body` and waits for the answer.
    ///
    /// - Throws: what the connection or the TLS handshake failed with, or `HTTPClientError.deadlineExceeded`.
    func post(_ body: [UInt8], headers: [(String, String)]) async throws -> CallbackOutcome {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try configuration())
        let result: Result<CallbackOutcome, any Error>
        do {
            result = .success(try await exchange(client, body, headers))
        } catch {
            result = .failure(error)
        }
        // Closes the connection, as it is. That it could not be closed in order changes nothing for the delivery.
        try? await client.shutdown()
        return try result.get()
    }

    private func exchange(
        _ client: HTTPClient, _ body: [UInt8], _ headers: [(String, String)]
    ) async throws -> CallbackOutcome {
        var request = HTTPClientRequest(url: url.text)
        request.method = .POST
        request.headers = HTTPHeaders(headers)
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await client.execute(request, deadline: deadline)
        await drop(response.body)
        return CallbackOutcome(
            status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"))
    }

    /// Reads what a receiver of good will has to say, so that it is not cut off in the middle of it.
    private func drop(_ body: HTTPClientResponse.Body) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var count = 0
                do {
                    for try await part in body {
                        count += part.readableBytes
                        if count > Self.maximumAnswerBytes { return }
                    }
                } catch {
                    // The status has told all that matters.
                }
            }
            group.addTask {
                // Fails when the body has come to its end first.
                try? await Task.sleep(for: .nanoseconds((deadline - .now()).nanoseconds))
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// HTTP/1.1 with nothing that a client does of its own accord: no redirections, no second attempts, no
    /// decompression, no proxy. The environment is not asked for one, and cookies are not kept.
    private func configuration() throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = trustRoots
        // A receiver that does not say goodbye is not waited for.
        tls.shutdownTimeout = .seconds(1)
        var settings = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow, proxy: nil, decompression: .disabled)
        settings.httpVersion = .http1Only
        settings.timeout.connect = max(.milliseconds(1), deadline - .now())
        settings.connectionPool.retryConnectionEstablishment = false
        if case .name(let name) = url.host { settings.dnsOverride = [name: "\(address)"] }
        let peer = try SocketAddress(ipAddress: "\(address)", port: url.port)
        // The override is found by the name, as the client spells it. Were it not found, the client would ask the
        // resolver again, so the connection's other end is compared before anything is sent.
        settings.http1_1ConnectionDebugInitializer = { channel in
            if channel.remoteAddress == peer { return channel.eventLoop.makeSucceededVoidFuture() }
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(WrongPeer())
        }
        return settings
    }
}
