// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import OutpostAPI
import OutpostCore

/// The body of a request, which is taken once, by the call that wants it.
struct IncomingBody {
    private enum State {
        /// Still on its way, or waiting to be asked for.
        case untouched
        case taken
        /// Begun, and not taken to its end.
        case broken
    }

    /// A body of a refused request is dropped as it comes, up to here: a client that is still sending would take a closed
    /// connection for the answer.
    private static let largestDropped = 64 << 20

    private let request: Request
    private let limit: Int
    private let channel: any Channel
    private var state = State.untouched

    init(_ request: Request, limit: Int, channel: any Channel) {
        self.request = request
        self.limit = limit
        self.channel = channel
    }

    /// What a body is by its type.
    enum Kind {
        case json
        case form(boundary: String)
    }

    /// The whole body, and what it is.
    ///
    /// - Parameter acceptsForm: whether it may be a form; else it must be JSON.
    mutating func take(acceptsForm: Bool) async throws(OutpostError) -> ([UInt8], Kind) {
        let kind = try kind(acceptsForm)
        return (try await take(), kind)
    }

    private func kind(_ acceptsForm: Bool) throws(OutpostError) -> Kind {
        let fields = try request.headers[.contentType].map { text throws(OutpostError) in try HeaderFields(text) }
        switch fields?.value {
        case "application/json": return .json
        case FormBody.type where acceptsForm:
            guard let boundary = fields?["boundary"], (1...70).contains(boundary.utf8.count) else {
                throw OutpostError(.unsupportedMediaType, "the Content-Type must have a boundary of 1 to 70 characters")
            }
            return .form(boundary: boundary)
        default:
            let types = "application/json" + (acceptsForm ? " or \(FormBody.type)" : "")
            throw OutpostError(.unsupportedMediaType, "the body must come as Content-Type: \(types)")
        }
    }

    private mutating func take() async throws(OutpostError) -> [UInt8] {
        guard request.headers[.contentEncoding] == nil else {
            throw OutpostError(.unsupportedMediaType, "the body must come without a Content-Encoding")
        }
        if let length, length > limit { throw tooLarge }
        state = .broken
        do {
            if expectsContinue {
                try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue))).get()
            }
            let buffer = try await request.body.collect(upTo: limit)
            state = .taken
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch {
            throw OutpostError(.invalidRequest, "the body could not be read", cause: error)
        }
    }

    /// The most that `take` will have to hold, as far as the head tells.
    var expectedBytes: Int { min(max(0, length ?? limit), limit) }

    /// Whether the connection can take another request after the answer.
    ///
    /// A body that nobody took is dropped when it comes. Not so a huge one, one in chunks, whose framing may be malformed
    /// and would bring the client an answer of its own (RFC 9112, section 11.2), or one whose sender waits to be told to
    /// send it and may well not.
    var leavesConnectionUsable: Bool {
        switch state {
        case .taken: true
        case .broken: false
        case .untouched:
            request.headers[.transferEncoding] == nil && !expectsContinue
                && (request.headers[.contentLength] == nil || length.map { $0 <= Self.largestDropped } ?? false)
        }
    }

    private var length: Int? { request.headers[.contentLength].flatMap { Int($0) } }

    private var expectsContinue: Bool { request.headers[.expect]?.lowercased() == "100-continue" }

    private var tooLarge: OutpostError {
        OutpostError(.payloadTooLarge, "the body is larger than \(limit) bytes (body_limit_bytes)")
    }
}
