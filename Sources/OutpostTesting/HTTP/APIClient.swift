// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import OutpostAPI

/// Calls a server as one credential, in one namespace. Sends whatever it is given, malformed or not.
public struct APIClient: Sendable {
    private let http: HTTPClient
    private let port: Int
    /// The header `Authorization`; nil sends none.
    public var authorization: String?
    public var namespace = "default"

    init(http: HTTPClient, port: Int, authorization: String?) {
        self.http = http
        self.port = port
        self.authorization = authorization
    }

    /// The same server with another credential.
    public func with(authorization: String?) -> APIClient {
        var client = self
        client.authorization = authorization
        return client
    }

    /// The same server and credential in another namespace.
    public func with(namespace: String) -> APIClient {
        var client = self
        client.namespace = namespace
        return client
    }

    /// The path of the namespace's sandboxes, and what follows it.
    public func sandboxPath(_ rest: String = "") -> String { "/auth/v1/seed/\(namespace)/sandbox\(rest)" }

    /// Sends one request.
    ///
    /// - Parameters:
    ///   - path: percent-encoded, with its query.
    ///   - body: bytes as they are; nil sends none.
    ///   - headers: replace the ones that would be sent without them.
    /// - Throws: when the server cannot be reached or ends the connection.
    public func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .init(rawValue: method)
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let response = try await http.execute(request, timeout: .seconds(120))
        let bytes = try await response.body.collect(upTo: 256 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: Array(bytes.readableBytesView))
    }

    /// Sends one request with a JSON body.
    public func send(
        _ method: String, _ path: String, json: JSONValue, headers: [String: String] = [:]
    ) async throws -> Answer {
        try await send(method, path, body: json.bytes, headers: headers)
    }
}
