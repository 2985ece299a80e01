// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import OutpostServer

/// A connection is closed when its client does nothing, and not while the server is the one to act. Windows of ten seconds,
/// in which 5120 bytes are the least; the clock is the channel's own.
struct SlowClientHandlerTests {
    /// Turns the parts of an answer into bytes, as the kernel gets them.
    private final class Encoder: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart
        typealias OutboundOut = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            switch unwrapOutboundIn(data) {
            case .body(let bytes): context.write(wrapOutboundOut(bytes), promise: promise)
            case .head, .end: context.write(wrapOutboundOut(ByteBuffer()), promise: promise)
            }
        }
    }

    private let channel: EmbeddedChannel

    /// A client that has just connected.
    init() throws {
        let handler = SlowClientHandler(window: .seconds(10), at: .uptimeNanoseconds(0))
        channel = EmbeddedChannel(handlers: [Encoder(), handler])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func wait(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

    private func receive(_ parts: HTTPRequestPart...) throws {
        for part in parts { try channel.writeInbound(part) }
    }

    private static let head = HTTPRequestPart.head(
        HTTPRequest(method: .post, scheme: "http", authority: "h", path: "/"))

    private static func body(_ bytes: Int) -> HTTPRequestPart {
        .body(ByteBuffer(repeating: 7, count: bytes))
    }

    /// Writes an answer, which stays in the channel until it is flushed.
    private func answer(_ bytes: Int) {
        channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
        channel.write(HTTPResponsePart.body(ByteBuffer(repeating: 7, count: bytes)), promise: nil)
        channel.write(HTTPResponsePart.end(nil), promise: nil)
    }

    @Test func aSilentClientIsClosedAfterAWindow() {
        wait(9)
        #expect(channel.isActive)
        wait(1)
        #expect(!channel.isActive)
    }

    @Test func aChannelThatIsActiveAlreadyIsWatchedToo() throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(
            SlowClientHandler(window: .seconds(10), at: .uptimeNanoseconds(0)))
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(!channel.isActive)
    }

    @Test func everyPartGoesOnAsItCame() throws {
        try receive(Self.head, Self.body(5), .end(nil))
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == Self.head)
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == Self.body(5))
        #expect(try channel.readInbound(as: HTTPRequestPart.self) == .end(nil))
        answer(3)
        channel.flush()
        let sizes = try (0..<3).map { _ in try channel.readOutbound(as: ByteBuffer.self)?.readableBytes }
        #expect(sizes == [0, 3, 0])
    }

    @Test func aClientThatSendsNoBodyIsClosedIfItWasAskedFor() throws {
        try receive(Self.head)
        channel.read()
        wait(9)
        #expect(channel.isActive)
        wait(1)
        #expect(!channel.isActive)
    }

    @Test func aByteNowAndThenIsNoProgress() throws {
        try receive(Self.head)
        for _ in 0..<9 {
            channel.read()
            wait(1)
            #expect(channel.isActive)
            try receive(Self.body(100))
        }
        channel.read()
        wait(1)
        #expect(!channel.isActive)
    }

    @Test func aClientThatSendsEnoughMayTakeLong() throws {
        try receive(Self.head)
        for _ in 0..<100 {
            try receive(Self.body(512))
            channel.read()
            wait(1)
        }
        #expect(channel.isActive)
        channel.read()
        wait(20)
        #expect(!channel.isActive)
    }

    @Test func aServerThatTakesNoMoreOfABodyWaitsForItself() throws {
        try receive(Self.head, Self.body(1))
        wait(1000)
        #expect(channel.isActive)
        // Once it asks for more, the client has a window for it.
        channel.read()
        wait(20)
        #expect(!channel.isActive)
    }

    @Test func aClientThatWaitsForItsAnswerOwesNothing() throws {
        try receive(Self.head, .end(nil))
        wait(10_000)
        #expect(channel.isActive)
        answer(10)
        channel.flush()
        wait(9)
        #expect(channel.isActive)
        wait(1)
        #expect(!channel.isActive)
    }

    @Test func aClientThatDoesNotTakeItsAnswerIsClosed() throws {
        try receive(Self.head, .end(nil))
        answer(100_000)
        // The first window is that of the request, and in the second nothing is taken.
        wait(19)
        #expect(channel.isActive)
        wait(1)
        #expect(!channel.isActive)
    }

    @Test func aClientThatTakesMoreThanTheLeastIsKept() throws {
        try receive(Self.head, .end(nil))
        channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
        for _ in 0..<20 {
            channel.write(HTTPResponsePart.body(ByteBuffer(repeating: 7, count: 6000)), promise: nil)
            wait(9)
            channel.flush()
            channel.write(HTTPResponsePart.body(ByteBuffer(repeating: 7, count: 1)), promise: nil)
            wait(1)
            #expect(channel.isActive)
        }
    }

    @Test func theNextRequestFindsTheConnectionAtRest() throws {
        for _ in 0..<5 {
            try receive(Self.head, .end(nil))
            wait(60)
            answer(10)
            channel.flush()
            wait(9)
        }
        #expect(channel.isActive)
        wait(1)
        #expect(!channel.isActive)
    }

    @Test func whatIsRemovedClosesNothing() throws {
        let handler = try channel.pipeline.syncOperations.handler(type: SlowClientHandler.self)
        channel.pipeline.syncOperations.removeHandler(handler, promise: nil)
        channel.embeddedEventLoop.run()
        wait(1000)
        #expect(channel.isActive)
    }
}
