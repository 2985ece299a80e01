// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import OutpostAPI

/// A client with one credential and one namespace. It sends any request, valid or not.
public struct APIClient: Sendable {
    private let http: HTTPClient
    private let port: Int
    /// The header `Authorization`. Nil sends none.
    public var authorization: String?
    /// The namespace in the paths of calls.
    public var namespace = "default"

    init(http: HTTPClient, port: Int, authorization: String?) {
        self.http = http
        self.port = port
        self.authorization = authorization
    }

    /// Returns a client with another credential.
    public func with(authorization: String?) -> APIClient {
        var client = self
        client.authorization = authorization
        return client
    }

    /// Returns a client with another namespace.
    public func with(namespace: String) -> APIClient {
        var client = self
        client.namespace = namespace
        return client
    }

    /// Returns the path of the namespace's sandboxes, followed by `rest`.
    public func sandboxPath(_ rest: String = "") -> String { "/auth/v1/seed/\(namespace)/sandbox\(rest)" }

    /// Sends one request.
    ///
    /// - Parameters:
    ///   - path: percent-encoded, with its query.
    ///   - body: the exact bytes. Nil sends no body.
    ///   - headers: replace the default headers of the same name.
    /// - Throws: when the server cannot be reached or closes the connection.
    public func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        let response = try await open(method, path, body: body, headers: headers)
        let bytes = try await response.body.collect(upTo: 256 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: Array(bytes.readableBytesView))
    }

    /// Sends one request as `send`, and returns the answer before its body has come.
    func open(
        _ method: String, _ path: String, body: [UInt8]? = nil, headers: [String: String] = [:]
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .init(rawValue: method)
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        return try await http.execute(request, timeout: .seconds(120))
    }

    /// Sends one request with a JSON body.
    public func send(
        _ method: String, _ path: String, json: JSONValue, headers: [String: String] = [:]
    ) async throws -> Answer {
        try await send(method, path, body: json.bytes, headers: headers)
    }
}
