// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import OutpostCore
import Synchronization

/// The body of a request. It is taken once, whole or piece by piece, by the call that wants it.
final class IncomingBody: Sendable {
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
    private let channel: any Channel
    private let state = Mutex(State.untouched)

    init(_ request: Request, channel: any Channel) {
        self.request = request
        self.channel = channel
    }

    /// The whole body.
    ///
    /// - Parameter limit: bytes.
    /// - Throws: `payload_too_large`; `unsupported_media_type` for a body that is encoded; `invalid_request` when it
    ///   cannot be read.
    func take(limit: Int) async throws(OutpostError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(length ?? 0, limit))
        try await forEach(limit: limit) { bytes.append(contentsOf: $0.readableBytesView) }
        return bytes
    }

    /// Calls `use` for each piece of the body, in order. The next piece is read when it returns, so a slow `use` slows the
    /// client down, and never more than a few pieces are in memory.
    ///
    /// - Parameter limit: bytes of the whole body.
    /// - Throws: as `take`, and what `use` throws.
    func forEach(limit: Int, _ use: (ByteBuffer) async throws -> Void) async throws(OutpostError) {
        guard request.headers[.contentEncoding] == nil else {
            throw OutpostError(.unsupportedMediaType, "the server does not accept a Content-Encoding")
        }
        if let length, length > limit { throw Self.tooLarge(limit) }
        state.withLock { $0 = .broken }
        do {
            if expectsContinue {
                try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue))).get()
            }
            var count = 0
            for try await piece in request.body {
                count += piece.readableBytes
                guard count <= limit else { throw Self.tooLarge(limit) }
                try await use(piece)
            }
        } catch let error as OutpostError {
            throw error
        } catch {
            throw OutpostError(.invalidRequest, "the server could not read the body", cause: error)
        }
        state.withLock { $0 = .taken }
    }

    /// The request without its body.
    var head: HTTPRequest { request.head }

    /// All that the client sends after an answer 101. It can be iterated once.
    var upgraded: RequestBody { request.body }

    /// The most that `take` will have to hold, as far as the head tells.
    func expectedBytes(limit: Int) -> Int { min(max(0, length ?? limit), limit) }

    /// Whether the connection can take another request after the answer.
    ///
    /// A body that nobody took is dropped when it comes. Not so a huge one, one in chunks, whose framing may be malformed
    /// and would bring the client an answer of its own (RFC 9112, section 11.2), or one whose sender waits to be told to
    /// send it and may well not. After a request that asks for an upgrade the parser reads no more.
    var leavesConnectionUsable: Bool {
        switch state.withLock({ $0 }) {
        case .taken: !head.asksForUpgrade
        case .broken: false
        case .untouched:
            !head.asksForUpgrade && request.headers[.transferEncoding] == nil && !expectsContinue
                && (request.headers[.contentLength] == nil || length.map { $0 <= Self.largestDropped } ?? false)
        }
    }

    private var length: Int? { request.headers[.contentLength].flatMap { Int($0) } }

    private var expectsContinue: Bool { request.headers[.expect]?.lowercased() == "100-continue" }

    private static func tooLarge(_ limit: Int) -> OutpostError {
        OutpostError(.payloadTooLarge, "the body is larger than \(limit) bytes (body_limit_bytes)")
    }
}
