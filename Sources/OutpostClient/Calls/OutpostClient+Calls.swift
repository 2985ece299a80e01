// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OutpostAPI
import OutpostCore

/// Bytes of the longest answer taken: two streams at the largest output limit, every byte escaped.
private let longestAnswer = 1 << 30

extension OutpostClient {
    /// Makes `call` and reads the answer's body.
    func answer<Body: JSONBody>(_ call: Call, as body: Body.Type) async throws(OutpostError) -> Answer<Body> {
        let reply = try await send(call)
        let json: JSONValue
        do {
            json = try JSONValue(parsing: reply.body)
        } catch {
            throw OutpostError(.internal, "the server's answer is not JSON: \(error)", cause: reply.answered)
        }
        return Answer(body: try Body(reply: json), json: json, requestID: reply.requestID)
    }

    /// Makes `call`, whose answer has no body that matters.
    func perform(_ call: Call) async throws(OutpostError) {
        _ = try await send(call)
    }

    /// - Throws: the error that the server answered with, or `unavailable` when it did not answer.
    private func send(_ call: Call) async throws(OutpostError) -> Reply {
        let request = try request(call)
        let reply: Reply
        do {
            let response = try await http.execute(request, timeout: .seconds(call.timeout))
            reply = Reply(
                status: Int(response.status.code), requestID: response.headers.first(name: "X-Request-Id"),
                retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) },
                body: Array(try await response.body.collect(upTo: longestAnswer).readableBytesView))
        } catch {
            throw callFailure(error, configuration.address, call)
        }
        guard (200..<300).contains(reply.status) else { throw reply.refusal }
        return reply
    }

    private func request(_ call: Call) throws(OutpostError) -> HTTPClientRequest {
        let (method, path) = try call.target()
        var request = HTTPClientRequest(url: configuration.address.url(path, query: call.query))
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "Accept", value: "application/json")
        if let host = configuration.address.host { request.headers.add(name: "Host", value: host) }
        if let authorization = configuration.authorization {
            request.headers.add(name: "Authorization", value: authorization)
        }
        if let body = call.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        return request
    }
}
