// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import OutpostCore
import Synchronization

/// The body of a request. A call reads it once, whole or piece by piece.
final class IncomingBody: Sendable {
    private let request: Request
    private let channel: any Channel
    private let state = Mutex(State.untouched)

    private enum State {
        case untouched
        /// Read to the end.
        case taken
        /// Read in part.
        case broken
    }

    /// The largest unread body, in bytes, that the server reads and drops to keep the connection. A client that still
    /// sends when the connection closes could miss the answer.
    private static let largestDropped = 64 << 20

    init(_ request: Request, channel: any Channel) {
        self.request = request
        self.channel = channel
    }

    /// Reads the whole body.
    ///
    /// - Parameter limit: the most bytes.
    /// - Throws: `payload_too_large` above the limit; `unsupported_media_type` for a body with a Content-Encoding;
    ///   `invalid_request` when the body cannot be read.
    func take(limit: Int) async throws(OutpostError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(length ?? 0, limit))
        try await forEach(limit: limit) { bytes.append(contentsOf: $0.readableBytesView) }
        return bytes
    }

    /// Calls `use` with each piece of the body, in order. The server reads the next piece when `use` returns: a slow
    /// `use` slows the client down, and only a few pieces are in memory.
    ///
    /// - Parameter limit: the most bytes of the whole body.
    /// - Throws: like `take`, and what `use` throws.
    func forEach(limit: Int, _ use: (ByteBuffer) async throws(OutpostError) -> Void) async throws(OutpostError) {
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

    /// Does the same as `forEach`, for a `use` that may wait long. Cancels it when the client goes away before the end of the
    /// body.
    ///
    /// - Throws: as `forEach`; `invalid_request` when the client has gone away.
    func forEachUntilCut(
        limit: Int, _ use: @escaping @Sendable (ByteBuffer) async throws(OutpostError) -> Void
    ) async throws(OutpostError) {
        let cut = Milestone()
        let watch = BodyWatch(channel) { cut.reach() }
        defer { watch.end() }
        let result = await withTaskGroup(of: Result<Void, OutpostError>.self) { group in
            group.addTask {
                do throws(OutpostError) {
                    return .success(try await self.forEach(limit: limit, use))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await cut.wait()
                return .failure(Self.incomplete)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(Self.incomplete)
        }
        try result.get()
    }

    private static let incomplete = OutpostError(.invalidRequest, "the body is incomplete")

    /// The request without its body.
    var head: HTTPRequest { request.head }

    /// The bytes from the client after an answer 101. It can be iterated once.
    var upgraded: RequestBody { request.body }

    /// Returns the most bytes that `take(limit:)` can return, judged by the headers.
    func expectedBytes(limit: Int) -> Int { min(max(0, length ?? limit), limit) }

    /// Whether the connection can serve another request after the answer.
    ///
    /// The server reads and drops an unread body, with three exceptions: a huge body; a chunked body, because malformed
    /// chunks would cause a second answer (RFC 9112, section 11.2); and a body whose sender waits for 100 (Continue)
    /// and may never send it. After a request for an upgrade, the parser reads nothing more.
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
