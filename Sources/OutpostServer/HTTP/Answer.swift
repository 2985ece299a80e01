// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import OutpostAPI
import OutpostCore
import OutpostEngine

typealias Headers = [(HTTPField.Name, String)]

/// An answer of a handler. It becomes an HTTP response at the end.
struct Answer: Sendable {
    var status: Int
    var contentType: String?
    var body: [UInt8]
    /// When a name occurs twice, the later value counts.
    var headers: Headers = []
    /// Writes the body in parts; nil when the body is `body`.
    var stream: Stream?
    /// The bytes that the stream writes; nil when they are unknown.
    var length: UInt64?
    /// Counts the memory of the body until the client has taken it.
    var memory: OutputShare?
    /// Returns the last part of the stream, when it is known, for repetitions of the call with the same
    /// `Idempotency-Key`. It does not depend on whether the client has read the stream. Nil when there is no last part.
    var lastPart: (@Sendable () async -> [UInt8]?)?

    /// Writes a body by calling `send` for each part.
    typealias Stream = @Sendable (_ send: (any AnswerPart) async throws -> Void) async throws -> Void

    static func json(_ value: JSONValue, status: Int = 200) -> Answer {
        Answer(status: status, contentType: "application/json", body: value.bytes)
    }

    /// Returns an answer of server-sent events (WHATWG HTML, section 9.2).
    static func events(_ stream: @escaping Stream) -> Answer {
        var answer = Answer(status: 200, contentType: "text/event-stream", body: [])
        answer.headers = [(.cacheControl, "no-store")]
        answer.stream = stream
        return answer
    }

    /// Returns an answer 101. After it, the client gets exactly the bytes that `stream` sends.
    static func upgrade(_ headers: Headers, _ stream: @escaping Stream) -> Answer {
        var answer = Answer(status: 101, contentType: nil, body: [])
        answer.headers = headers
        answer.stream = stream
        return answer
    }

    static let empty = Answer(status: 204, contentType: nil, body: [])

    /// Returns the answer for an error of the native dialect.
    @Sendable static func error(_ error: OutpostError, _ id: CallID) -> Answer {
        var answer = json(ErrorBody(error, requestID: id.rawValue).json, status: error.code.httpStatus)
        if let seconds = error.retryAfter { answer.headers.append((.retryAfter, String(seconds))) }
        if error.code == .unauthorized { answer.headers.append((.wwwAuthenticate, "Bearer, API-Key")) }
        return answer
    }

    /// Converts the answer to an HTTP response.
    ///
    /// - Parameters:
    ///   - channel: the connection of the request.
    ///   - withContent: false for HEAD, whose answer has headers only.
    func response(on channel: any Channel, withContent: Bool = true) -> Response {
        var fields = HTTPFields()
        fields.reserveCapacity(headers.count + 3)
        if let contentType { fields[.contentType] = contentType }
        for (name, value) in headers { fields[name] = value }
        // A 204 and a 304 have no body, and a 204 has no Content-Length (RFC 9110, section 8.6).
        let canHaveContent = status != 204 && status != 304
        let hasContent = canHaveContent && withContent
        if canHaveContent, let length {
            fields[.contentLength] = String(length)
        } else if canHaveContent, !withContent, stream == nil {
            fields[.contentLength] = String(body.count)
        }
        if hasContent, let stream {
            return Response(status: .init(code: status), headers: fields, body: Self.body(stream, channel, memory))
        }
        if hasContent, let memory {
            return Response(
                status: .init(code: status), headers: fields,
                body: Self.body(ByteBuffer(bytes: body), channel, memory))
        }
        let content = hasContent ? ResponseBody(byteBuffer: ByteBuffer(bytes: body)) : ResponseBody()
        return Response(status: .init(code: status), headers: fields, body: content)
    }
}

extension Answer {
    /// Writes the parts one by one, and waits until the kernel has taken each. The framework's own writer returns
    /// sooner. On a busy host, a fast stream then filled tens of megabytes of memory.
    private static func body(
        _ stream: @escaping Stream, _ channel: any Channel, _ memory: OutputShare?
    ) -> ResponseBody {
        ResponseBody { writer in
            defer { memory?.shrink(to: 0) }
            try await stream { part in
                try await channel.writeAndFlush(HTTPResponsePart.body(part.buffer)).get()
            }
            try await writer.finish(nil)
        }
    }

    /// Writes the body, and counts its memory until the kernel has taken the last byte or the connection is gone.
    private static func body(_ bytes: ByteBuffer, _ channel: any Channel, _ memory: OutputShare) -> ResponseBody {
        ResponseBody(contentLength: bytes.readableBytes) { writer in
            defer { memory.shrink(to: 0) }
            try await channel.writeAndFlush(HTTPResponsePart.body(bytes)).get()
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

    /// Returns the name of a header.
    ///
    /// - Precondition: `text` is a token (RFC 9110, section 5.1). A mistake in our code stops the first start.
    static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not the name of a header") }
        return name
    }
}
