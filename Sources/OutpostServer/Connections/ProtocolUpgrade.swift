// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Turns a connection into a tunnel of bytes after an answer 101. Then all bytes from the client belong to the body of
/// the request, and the client gets exactly the body of the answer.
///
/// swift-nio's own upgrade works only for the first request of a connection, and decides before a handler runs. Here
/// any request can be upgraded, after all steps have checked it.
final class ProtocolUpgrade: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var phase = Phase.open
    /// Whether a read waits for the answer.
    private var wantsRead = false

    private enum Phase {
        case open
        /// A request asks for an upgrade. Its end waits here until the answer is known.
        case asked(isEndHeld: Bool)
        case tunnel
        /// The answer was not 101. The parser has stopped, and nothing more is read from the connection.
        case refused
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let head), .open) where head.asksForUpgrade:
            phase = .asked(isEndHeld: false)
            context.fireChannelRead(data)
        case (.end, .asked):
            phase = .asked(isEndHeld: true)
        default:
            context.fireChannelRead(data)
        }
    }

    /// Delays reading until the answer is known. The parser has stopped, and the bytes would fill the memory.
    func read(context: ChannelHandlerContext) {
        switch phase {
        case .open, .tunnel, .asked(isEndHeld: false): context.read()
        case .asked(isEndHeld: true): wantsRead = true
        case .refused: break
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .asked(let isEndHeld) = phase, case .head(let head) = unwrapOutboundIn(data),
            head.status.kind != .informational || head.status == .switchingProtocols
        else { return context.write(data, promise: promise) }
        context.write(data, promise: promise)
        if head.status == .switchingProtocols {
            open(context)
        } else {
            phase = .refused
            if isEndHeld { context.fireChannelRead(wrapInboundOut(.end(nil))) }
        }
    }

    private func open(_ context: ChannelHandlerContext) {
        context.flush()
        do {
            try Tunnel.replaceHTTP(in: context.pipeline.syncOperations)
            phase = .tunnel
            if wantsRead { context.read() }
        } catch {
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }
}

/// Replaces the HTTP parser and writer: all bytes of the connection are bytes of the bodies.
final class Tunnel: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = ByteBuffer

    private var isInputOver = false

    /// Puts a tunnel in place of the HTTP handlers of `pipeline`.
    ///
    /// - Throws: an error of swift-nio when the pipeline does not belong to an HTTP/1 server.
    static func replaceHTTP(in pipeline: ChannelPipeline.SynchronousOperations) throws {
        let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
        let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        let writer = try pipeline.handler(type: HTTPResponseEncoder.self)
        try pipeline.addHandler(Tunnel(), position: .after(codec))
        for handler in [codec, parser, writer] as [any RemovableChannelHandler] {
            pipeline.removeHandler(handler, promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(.body(unwrapInboundIn(data))))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { endInput(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        endInput(context)
        context.fireChannelInactive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: promise?.succeed()
        case .body(let bytes): context.write(wrapOutboundOut(bytes), promise: promise)
        case .end:
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
            context.close(promise: nil)
        }
    }

    private func endInput(_ context: ChannelHandlerContext) {
        guard !isInputOver else { return }
        isInputOver = true
        context.fireChannelRead(wrapInboundOut(.end(nil)))
    }
}
