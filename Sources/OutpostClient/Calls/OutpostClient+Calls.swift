// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OutpostAPI
import OutpostCore

extension OutpostClient {
    /// The longest answer in bytes. It fits two streams at the largest output limit with every byte escaped.
    static let longestAnswer = 1 << 30

    /// Makes `call` and decodes the answer's body.
    ///
    /// - Throws: the server's error; `unavailable` when it did not answer; `internal` when the body breaks its schema.
    func answer<Body: JSONBody>(_ call: Call, as body: Body.Type) async throws(OutpostError) -> Answer<Body> {
        try decoded(try await send(call), as: body)
    }

    /// Decodes the body of an answer.
    ///
    /// - Throws: `internal` when the body breaks its schema.
    func decoded<Body: JSONBody>(_ reply: Reply, as body: Body.Type) throws(OutpostError) -> Answer<Body> {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: reply.body)
        } catch {
            throw OutpostError(.internal, "the server's answer is not JSON: \(error)", cause: reply.answered)
        }
        return Answer(body: try Body(reply: json), json: json, requestID: reply.requestID)
    }

    /// Makes `call` and ignores the answer's body.
    func perform(_ call: Call) async throws(OutpostError) {
        _ = try await send(call)
    }

    /// - Throws: the server's error, or `unavailable` when it did not answer.
    private func send(_ call: Call) async throws(OutpostError) -> Reply {
        let body = call.encodedBody
        let bodySize = body?.bytes.count ?? 0
        let request = try request(call, body)
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: .seconds(call.timeout))
        } catch {
            throw callFailure(error, configuration.address, call, bodySize: bodySize)
        }
        let reply = try await reply(response, call, bodySize: bodySize)
        guard (200..<300).contains(reply.status) else { throw reply.refusal }
        return reply
    }

    /// Reads the whole body of an answer. That of a refusal may be incomplete: the library closes the connection when a refusal
    /// comes before the whole request is sent, and can lose the rest of the answer then.
    ///
    /// - Parameter bodySize: the bytes of the request's body.
    /// - Throws: `unavailable` when the body of another answer is incomplete, or when the body is too long.
    func reply(
        _ response: HTTPClientResponse, _ call: Call, bodySize: Int = 0
    ) async throws(OutpostError) -> Reply {
        var reply = Reply(
            status: Int(response.status.code), requestID: response.headers.first(name: "X-Request-Id"),
            retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) }, body: [])
        do {
            for try await part in response.body {
                guard reply.body.count + part.readableBytes <= Self.longestAnswer else {
                    throw NIOTooManyBytesError(maxBytes: Self.longestAnswer)
                }
                reply.body += part.readableBytesView
            }
        } catch {
            guard reply.status >= 400, error is ChannelError else {
                throw callFailure(error, configuration.address, call, bodySize: bodySize)
            }
            reply.isCut = true
        }
        return reply
    }

    /// The parameters of the query of `call`, with `resume` where the configuration asks for it.
    func query(of call: Call) -> [(name: String, value: String)] {
        guard configuration.resumesSandboxes, RouteTable.route(call.operation)?.resumes == true,
            !call.query.contains(where: { $0.name == ResumeQuery.name })
        else { return call.query }
        return call.query + ResumeQuery(resume: true).pairs
    }

    /// Returns `call` as an HTTP request with `body`. The timeout is not part of it.
    func request(_ call: Call, _ body: CallBody?) throws(OutpostError) -> HTTPClientRequest {
        let (method, path) = try call.target()
        var request = HTTPClientRequest(url: configuration.address.url(path, query: query(of: call)))
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "Accept", value: call.accept)
        if let host = configuration.address.host { request.headers.add(name: "Host", value: host) }
        if let authorization = configuration.authorization {
            request.headers.add(name: "Authorization", value: authorization)
        }
        if let body {
            request.headers.add(name: "Content-Type", value: body.type)
            // The library sends a large array in pieces, and stops when the server refuses the call meanwhile.
            request.body = .bytes(body.bytes, length: .known(Int64(body.bytes.count)))
        }
        return request
    }
}
