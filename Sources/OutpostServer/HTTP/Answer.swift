// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import OutpostAPI
import OutpostCore

typealias Headers = [(HTTPField.Name, String)]

/// An answer before it is an HTTP response.
struct Answer: Sendable {
    var status: Int
    var contentType: String?
    var body: [UInt8]
    /// Of two with one name the later one counts.
    var headers: Headers = []
    /// Writes the body in parts, instead of `body`.
    var stream: Stream?

    /// Writes a body by calling what it gets for each part.
    typealias Stream = @Sendable (_ send: ([UInt8]) async throws -> Void) async throws -> Void

    static func json(_ value: JSONValue, status: Int = 200) -> Answer {
        Answer(status: status, contentType: "application/json", body: value.bytes)
    }

    /// Server-sent events (WHATWG HTML, section 9.2).
    static func events(_ stream: @escaping Stream) -> Answer {
        var answer = Answer(status: 200, contentType: "text/event-stream", body: [])
        answer.headers = [(.cacheControl, "no-store")]
        answer.stream = stream
        return answer
    }

    /// The connection is the stream's from now on: what it sends are the bytes that the client gets.
    static func upgrade(_ headers: Headers, _ stream: @escaping Stream) -> Answer {
        var answer = Answer(status: 101, contentType: nil, body: [])
        answer.headers = headers
        answer.stream = stream
        return answer
    }

    static let empty = Answer(status: 204, contentType: nil, body: [])

    /// The one shape of every error of the native dialect.
    @Sendable static func error(_ error: OutpostError, _ id: CallID) -> Answer {
        var answer = json(ErrorBody(error, requestID: id.rawValue).json, status: error.code.httpStatus)
        if let seconds = error.retryAfter { answer.headers.append((.retryAfter, String(seconds))) }
        if error.code == .unauthorized { answer.headers.append((.wwwAuthenticate, "Bearer, API-Key")) }
        return answer
    }

    /// - Parameters:
    ///   - channel: the connection that it goes over.
    ///   - withContent: false for HEAD, whose answer has the headers of the content only.
    func response(on channel: any Channel, withContent: Bool = true) -> Response {
        var fields = HTTPFields()
        if let contentType { fields[.contentType] = contentType }
        for (name, value) in headers { fields[name] = value }
        // 204 has no body, and says no length either (RFC 9110, 8.6).
        let hasContent = status != 204 && withContent
        if status != 204, !withContent { fields[.contentLength] = String(body.count) }
        if hasContent, let stream {
            return Response(status: .init(code: status), headers: fields, body: Self.body(stream, channel))
        }
        let content = hasContent ? ResponseBody(byteBuffer: ByteBuffer(bytes: body)) : ResponseBody()
        return Response(status: .init(code: status), headers: fields, body: content)
    }
}

extension Answer {
    /// Each part is over when the kernel has taken it. The framework's writer returns sooner, and lets a quick stream run
    /// ahead for as long as the connection's thread has no time: tens of megabytes on a busy host.
    private static func body(_ stream: @escaping Stream, _ channel: any Channel) -> ResponseBody {
        ResponseBody { writer in
            try await stream { part in
                try await channel.writeAndFlush(HTTPResponsePart.body(ByteBuffer(bytes: part))).get()
            }
            try await writer.finish(nil)
        }
    }
}

extension HTTPField.Name {
    static let requestID = named("X-Request-Id")
    static let rateLimit = named("X-RateLimit-Limit")
    static let rateRemaining = named("X-RateLimit-Remaining")
    static let rateReset = named("X-RateLimit-Reset")
    static let outpostTiming = named("Outpost-Timing")
    static let serverTiming = named("Server-Timing")
    static let idempotencyKey = named("Idempotency-Key")

    /// - Precondition: it has a token's characters only (RFC 9110, section 5.1). One that has not is our mistake, which the first
    ///   start shows.
    static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not the name of a header") }
        return name
    }
}
