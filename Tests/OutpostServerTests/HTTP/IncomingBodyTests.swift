// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import OutpostCore
import Testing

@testable import OutpostServer

/// A body that nobody took, one that was taken, and one that was begun; and what each means for its connection.
struct IncomingBodyTests {
    private struct Broken: Error {}

    /// The pieces of a body, and the error that ends it, if there is one.
    private static func pieces(_ pieces: [[UInt8]], error: (any Error)? = nil) -> RequestBody {
        let (stream, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        for piece in pieces { continuation.yield(ByteBuffer(bytes: piece)) }
        continuation.finish(throwing: error)
        return RequestBody(asyncSequence: stream)
    }

    private static func body(
        _ body: RequestBody = pieces([[1, 2], [], [3]]), _ headers: HTTPFields = [:],
        method: HTTPRequest.Method = .post, channel: any Channel = NIOAsyncTestingChannel()
    ) -> IncomingBody {
        let head = HTTPRequest(method: method, scheme: "http", authority: "h", path: "/", headerFields: headers)
        return IncomingBody(Request(head: head, body: body), channel: channel)
    }

    private func code(_ body: () async throws(OutpostError) -> Void) async -> ErrorCode? {
        do throws(OutpostError) { try await body() } catch { return error.code }
        return nil
    }

    // MARK: - Taking it

    @Test func allOfItComesInItsOrder() async throws {
        let body = Self.body()
        #expect(try await body.take(limit: 3) == [1, 2, 3])
        #expect(body.leavesConnectionUsable)
    }

    @Test func aBodyInChunksLeavesTheConnectionUsableOnceItIsTaken() async throws {
        let body = Self.body(Self.pieces([[1]]), [.transferEncoding: "chunked"])
        #expect(!body.leavesConnectionUsable)
        #expect(try await body.take(limit: 3) == [1])
        #expect(body.leavesConnectionUsable)
    }

    @Test func oneThatSaysThatItIsTooLargeIsNotBegun() async {
        let body = Self.body(Self.pieces([], error: Broken()), [.contentLength: "4"])
        let refusal = await code { () throws(OutpostError) in _ = try await body.take(limit: 3) }
        #expect(refusal == .payloadTooLarge)
        #expect(body.leavesConnectionUsable, "it is dropped as it comes")
    }

    @Test func oneThatTurnsOutTooLargeIsBroken() async {
        let body = Self.body()
        let refusal = await code { () throws(OutpostError) in _ = try await body.take(limit: 2) }
        #expect(refusal == .payloadTooLarge && !body.leavesConnectionUsable)
    }

    @Test func oneThatIsEncodedIsNotBegun() async {
        let body = Self.body(Self.pieces([], error: Broken()), [.contentEncoding: "gzip", .contentLength: "1"])
        let refusal = await code { () throws(OutpostError) in _ = try await body.take(limit: 3) }
        #expect(refusal == .unsupportedMediaType && body.leavesConnectionUsable)
    }

    @Test func oneThatBreaksOffIsTheClientsFault() async {
        let body = Self.body(Self.pieces([[1]], error: Broken()))
        let refusal = await code { () throws(OutpostError) in _ = try await body.take(limit: 3) }
        #expect(refusal == .invalidRequest && !body.leavesConnectionUsable)
    }

    @Test func whoeverUsesItCanStopIt() async {
        let body = Self.body()
        var pieces = 0
        let refusal = await code { () throws(OutpostError) in
            try await body.forEach(limit: 3) { _ async throws(OutpostError) in
                pieces += 1
                throw OutpostError(.insufficientStorage, "no room")
            }
        }
        #expect(refusal == .insufficientStorage && pieces == 1 && !body.leavesConnectionUsable)
    }

    @Test func aClientThatWaitsToBeToldIsToldOnceItsBodyIsWanted() async throws {
        let channel = NIOAsyncTestingChannel()
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        let body = Self.body(Self.pieces([[1]]), [.expect: "100-Continue", .contentLength: "1"], channel: channel)
        #expect(!body.leavesConnectionUsable, "it may never send it")
        #expect(try await channel.readOutbound(as: HTTPResponsePart.self) == nil)
        #expect(try await body.take(limit: 1) == [1])
        let told = try await channel.readOutbound(as: HTTPResponsePart.self)
        #expect(told == .head(HTTPResponse(status: .continue)))
        #expect(body.leavesConnectionUsable)
    }

    @Test func aClientThatWaitsIsNotToldToSendWhatIsRefused() async throws {
        let channel = NIOAsyncTestingChannel()
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        let body = Self.body(Self.pieces([[1]]), [.expect: "100-continue", .contentLength: "9"], channel: channel)
        let refusal = await code { () throws(OutpostError) in _ = try await body.take(limit: 1) }
        #expect(refusal == .payloadTooLarge && !body.leavesConnectionUsable)
        #expect(try await channel.readOutbound(as: HTTPResponsePart.self) == nil)
    }

    @Test func aClientThatIsGoneBeforeItIsToldIsAnError() async throws {
        let channel = NIOAsyncTestingChannel()
        try await channel.close()
        let body = Self.body(Self.pieces([[1]]), [.expect: "100-continue", .contentLength: "1"], channel: channel)
        let refusal = await code { () throws(OutpostError) in _ = try await body.take(limit: 1) }
        #expect(refusal == .invalidRequest && !body.leavesConnectionUsable)
    }

    // MARK: - Leaving it

    @Test(
        arguments: [
            ([:], true), ([.contentLength: "0"], true), ([.contentLength: "67108864"], true),
            ([.contentLength: "67108865"], false), ([.contentLength: "x"], false),
            ([.contentLength: "99999999999999999999"], false), ([.transferEncoding: "chunked"], false),
            ([.expect: "100-continue", .contentLength: "1"], false),
            ([.upgrade: "websocket", .connection: "Upgrade"], false),
        ] as [(HTTPFields, Bool)])
    func aBodyThatNobodyTookIsDroppedWhenThatIsSafe(headers: HTTPFields, isUsable: Bool) {
        #expect(Self.body(Self.pieces([]), headers).leavesConnectionUsable == isUsable)
    }

    @Test func afterAnUpgradeNothingElseIsRead() async throws {
        let upgrade: HTTPFields = [.upgrade: "websocket", .connection: "upgrade"]
        let body = Self.body(Self.pieces([]), upgrade)
        #expect(try await body.take(limit: 1) == [])
        #expect(!body.leavesConnectionUsable)
    }

    @Test(
        arguments: [([:], 10), ([.contentLength: "4"], 4), ([.contentLength: "40"], 10), ([.contentLength: "-4"], 0)]
            as [(HTTPFields, Int)])
    func noMoreIsExpectedThanTheLimit(headers: HTTPFields, bytes: Int) {
        #expect(Self.body(Self.pieces([]), headers).expectedBytes(limit: 10) == bytes)
    }
}
