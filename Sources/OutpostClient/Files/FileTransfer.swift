// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OutpostAPI
import OutpostCore

/// Returns the next part of a body that is sent. Nil at its end.
public typealias ByteSource = @Sendable () async throws -> [UInt8]?

/// What the headers of an answer say about a file.
public struct FileHead: Hashable, Sendable {
    /// Bytes. Nil when the server does not know.
    public let size: Int64?
    /// Permission bits. Nil when the server does not tell.
    public let mode: UInt32?
    /// Identifies this version of the file. Nil when the server does not tell.
    public let tag: String?

    init(_ response: HTTPClientResponse) {
        let headers = response.headers
        size = headers.first(name: "Content-Length").flatMap { Int64($0) }
        mode = headers.first(name: "Outpost-File-Mode").flatMap { UInt32($0, radix: 8) }
        tag = headers.first(name: "ETag")
    }
}

extension OutpostClient {
    /// Seconds for the upload of a large file: a week.
    private static let longestTransfer: Int64 = 604_800

    /// Makes `call` and passes its answer to `take` part by part.
    ///
    /// - Parameter begin: gets the headers before the first part.
    /// - Throws: the server's error; `unavailable` when the answer is cut off; what `begin` and `take` throw.
    func download(
        _ call: Call, begin: (FileHead) throws -> Void, _ take: ([UInt8]) async throws -> Void
    ) async throws {
        let response = try await open(call)
        try begin(FileHead(response))
        var parts = response.body.makeAsyncIterator()
        while let part = try await nextPart(&parts, of: call) { try await take(Array(part.readableBytesView)) }
    }

    private func nextPart(
        _ parts: inout HTTPClientResponse.Body.AsyncIterator, of call: Call
    ) async throws(OutpostError) -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch {
            throw callFailure(error, configuration.address, call)
        }
    }

    /// Makes `call` with a body of any bytes, which is sent part by part.
    ///
    /// - Parameter size: bytes of the body. Nil when they are unknown.
    /// - Throws: the server's error; what `source` throws.
    func upload(_ call: Call, size: Int64?, _ source: @escaping ByteSource) async throws -> Reply {
        let failure = SourceFailure()
        var request = try request(call, nil)
        request.headers.add(name: "Content-Type", value: RouteSuccess.anyBytes)
        let parts = AsyncThrowingStream<ByteBuffer, any Error> {
            do {
                return try await source().map { ByteBuffer(bytes: $0) }
            } catch {
                failure.set(error)
                throw error
            }
        }
        request.body = .stream(parts, length: size.map { .known($0) } ?? .unknown)
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: .seconds(Self.longestTransfer))
        } catch {
            if let cause = failure.error { throw cause }
            throw callFailure(error, configuration.address, call)
        }
        let reply = try await reply(response, call)
        guard (200..<300).contains(reply.status) else { throw reply.refusal }
        return reply
    }
}
