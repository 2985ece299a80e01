// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import OutpostNetwork

/// One request and its answer, on a connection of its own.
struct CallbackExchange {
    /// The connection goes to another address than `address`.
    struct WrongPeer: Error {}

    /// The most bytes of an answer's body that are read before the connection is closed.
    static let maximumAnswerBytes = 64 << 10

    let url: CallbackURL
    /// The address to connect to. The host's name is not looked up again.
    let address: HostAddress
    let trustRoots: NIOSSLTrustRoots
    /// When the exchange ends, finished or not.
    let deadline: NIODeadline

    /// Sends `body` and waits for the answer.
    ///
    /// - Throws: the error of the connection or the TLS handshake, or `HTTPClientError.deadlineExceeded`.
    func post(_ body: [UInt8], headers: [(String, String)]) async throws -> CallbackOutcome {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try configuration())
        let result: Result<CallbackOutcome, any Error>
        do {
            result = .success(try await exchange(client, body, headers))
        } catch {
            result = .failure(error)
        }
        // Closes the connection. An error here does not change the outcome of the delivery.
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

    /// Reads and drops the body of the answer. So a well-behaved receiver can finish its answer before the connection
    /// closes.
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
                    // Only the status matters, and it has arrived.
                }
            }
            group.addTask {
                // The sleep is cancelled when the body ends first.
                try? await Task.sleep(for: .nanoseconds((deadline - .now()).nanoseconds))
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// HTTP/1.1 without the extras of a client: no redirections, no retries, no decompression, no cookies, no proxy, not
    /// even one from the environment.
    private func configuration() throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = trustRoots
        // A receiver may never answer the end of the TLS session. It gets only a second.
        tls.shutdownTimeout = .seconds(1)
        var settings = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow, proxy: nil, decompression: .disabled)
        settings.httpVersion = .http1Only
        settings.timeout.connect = max(.milliseconds(1), deadline - .now())
        settings.connectionPool.retryConnectionEstablishment = false
        if case .name(let name) = url.host { settings.dnsOverride = [name: "\(address)"] }
        let peer = try SocketAddress(ipAddress: "\(address)", port: url.port)
        // The client finds the override by its own spelling of the name. If it did not find it, it would look the name up
        // again. So this compares the peer's address before anything is sent.
        settings.http1_1ConnectionDebugInitializer = { channel in
            if channel.remoteAddress == peer { return channel.eventLoop.makeSucceededVoidFuture() }
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(WrongPeer())
        }
        return settings
    }
}
