// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import OutpostServer

/// A connection after its last answer: the client can read it, sends nothing that counts, and has a moment.
struct LingeringCloseHandlerTests {
    /// Says how the channel is closed. Only `all` closes it here.
    private final class Closes: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart
        var modes: [CloseMode] = []

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            modes.append(mode)
            guard mode == .all else {
                promise?.succeed()
                return
            }
            context.close(mode: mode, promise: promise)
        }
    }

    private struct Broken: Error {}

    private let closes = Closes()
    private let channel: EmbeddedChannel

    init() throws {
        channel = EmbeddedChannel(handlers: [closes, LingeringCloseHandler()])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private static let request = HTTPRequestPart.head(
        HTTPRequest(method: .get, scheme: "http", authority: "h", path: "/"))

    private static func head(_ connection: String? = nil) -> HTTPResponsePart {
        var response = HTTPResponse(status: .ok)
        response.headerFields[.connection] = connection
        return .head(response)
    }

    private static func body(_ bytes: Int) -> ByteBuffer { ByteBuffer(repeating: 7, count: bytes) }

    private func answer(_ parts: HTTPResponsePart...) throws {
        for part in parts { try channel.writeOutbound(part) }
    }

    /// What has come through to the server.
    private func inbound() throws -> HTTPRequestPart? { try channel.readInbound(as: HTTPRequestPart.self) }

    private func wait(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    /// Ends the connection with an answer.
    private func end() throws { try answer(Self.head("close"), .end(nil)) }

    @Test(arguments: [nil, "keep-alive"])
    func anOrdinaryAnswerEndsNothing(connection: String?) throws {
        for _ in 0..<3 {
            try channel.writeInbound(Self.request)
            #expect(try inbound() == Self.request)
            try answer(Self.head(connection), .body(Self.body(3)), .end(nil))
        }
        wait(.hours(1))
        #expect(closes.modes.isEmpty && channel.isActive)
    }

    @Test func theLastAnswerGoesOutWholeAndThenTheEnd() throws {
        try answer(Self.head("close"), .body(Self.body(3)))
        #expect(closes.modes.isEmpty, "the answer is not over")
        // The client may still be sending its request meanwhile.
        try channel.writeInbound(Self.request)
        #expect(try inbound() == Self.request)
        try answer(.end(nil))
        #expect(closes.modes == [.output])
        let sent = try (0..<3).map { _ in try channel.readOutbound(as: HTTPResponsePart.self) }
        #expect(sent == [Self.head("close"), .body(Self.body(3)), .end(nil)])
        #expect(channel.isActive)
    }

    @Test func whatTheClientSendsAfterThatIsDropped() throws {
        try end()
        try channel.writeInbound(HTTPRequestPart.body(Self.body(100)))
        try channel.writeInbound(HTTPRequestPart.end(nil))
        try channel.writeInbound(Self.request)
        #expect(try inbound() == nil, "another request would be served")
        #expect(closes.modes == [.output])
    }

    @Test func noOtherAnswerIsWritten() throws {
        try end()
        while try channel.readOutbound(as: HTTPResponsePart.self) != nil {}
        #expect(throws: ChannelError.outputClosed) { try answer(Self.head()) }
        channel.write(HTTPResponsePart.end(nil), promise: nil)
        channel.flush()
        #expect(try channel.readOutbound(as: HTTPResponsePart.self) == nil)
        #expect(closes.modes == [.output])
    }

    @Test func aClientThatDoesNotCloseIsClosedAfterAMoment() throws {
        try end()
        wait(.milliseconds(1999))
        #expect(closes.modes == [.output] && channel.isActive)
        wait(.milliseconds(1))
        #expect(closes.modes == [.output, .all] && !channel.isActive)
    }

    @Test func aClientThatClosesIsNotClosedAgain() throws {
        try end()
        try channel.close().wait()
        wait(.hours(1))
        #expect(!channel.isActive)
        #expect(closes.modes.filter { $0 == .all }.count == 1)
    }

    @Test func aClientThatNeverStopsSendingIsClosedAtOnce() throws {
        try end()
        let piece = Self.body(1 << 20)
        for _ in 0..<32 { try channel.writeInbound(HTTPRequestPart.body(piece)) }
        #expect(channel.isActive)
        try channel.writeInbound(HTTPRequestPart.body(Self.body(1)))
        #expect(closes.modes == [.output, .all] && !channel.isActive)
    }

    @Test func anErrorIsTheServersUntilTheLastAnswer() throws {
        channel.pipeline.fireErrorCaught(Broken())
        #expect(throws: Broken.self) { try channel.throwIfErrorCaught() }
        try end()
        channel.pipeline.fireErrorCaught(Broken())
        try channel.throwIfErrorCaught()
        #expect(channel.isActive)
    }

    @Test func anInterimAnswerIsNotTheLast() throws {
        try answer(.head(HTTPResponse(status: .continue)), Self.head(), .end(nil))
        #expect(closes.modes.isEmpty)
        try end()
        #expect(closes.modes == [.output])
    }

    private static func request(_ connection: String) -> HTTPRequestPart {
        var request = HTTPRequest(method: .post, scheme: "http", authority: "h", path: "/")
        request.headerFields[.connection] = connection
        return .head(request)
    }

    @Test(arguments: ["close", "Close", "keep-alive, close", "TE , CLOSE"])
    func aRequestThatAsksForItGetsTheLastAnswer(connection: String) throws {
        try channel.writeInbound(Self.request(connection))
        #expect(try inbound() != nil)
        try answer(Self.head(), .end(nil))
        #expect(try channel.readOutbound(as: HTTPResponsePart.self) == Self.head("close"))
        #expect(closes.modes == [.output])
        // The rest of its body does not hold the client up.
        try channel.writeInbound(HTTPRequestPart.body(Self.body(1 << 20)))
        #expect(try inbound() == nil)
        wait(.seconds(2))
        #expect(!channel.isActive)
    }

    @Test(arguments: ["keep-alive", "closed", "x-close", ""])
    func anotherConnectionHeaderEndsNothing(connection: String) throws {
        try channel.writeInbound(Self.request(connection))
        #expect(try inbound() != nil)
        try answer(Self.head(), .end(nil))
        wait(.hours(1))
        #expect(closes.modes.isEmpty && channel.isActive)
    }

    @Test func theRequestsBeforeItGetTheirAnswersFirst() throws {
        try channel.writeInbound(Self.request("keep-alive"))
        try channel.writeInbound(Self.request("close"))
        try answer(Self.head(), .end(nil))
        #expect(closes.modes.isEmpty)
        try answer(.head(HTTPResponse(status: .continue)), Self.head(), .end(nil))
        #expect(closes.modes == [.output])
    }
}
