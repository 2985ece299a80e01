// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTPTypes

/// Ends connections of clients that are silent, that do not send what they announced, or do not take what they asked for.
///
/// The idle timeout of the HTTP library is not used: it counts from when an answer was queued, so it would cut off a client
/// that takes a large one steadily, and to it a byte now and then is activity.
final class ClientPace: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var progress: ClientProgress
    private var question: Scheduled<Void>?
    /// Whether more has been asked for since something came: a handler that takes a body slowly asks for none.
    private var isReading = false

    init(window: TimeAmount) {
        progress = ClientProgress(window: window, at: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { judge(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        question?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        judge(context)
        context.fireChannelActive()
    }

    func read(context: ChannelHandlerContext) {
        isReading = true
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        switch unwrapInboundIn(data) {
        case .head: progress.receivedHead(at: .now())
        case .body(let bytes): progress.received(bytes.readableBytes, at: .now())
        case .end: progress.receivedEnd(at: .now())
        }
        judge(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var promise = promise
        switch unwrapOutboundIn(data) {
        case .head: break
        case .body(let bytes): progress.wrote(bytes.readableBytes)
        case .end:
            let taken = promise ?? context.eventLoop.makePromise()
            taken.futureResult.assumeIsolated().whenComplete { _ in self.finishedAnswer(context) }
            promise = taken
        }
        context.write(data, promise: promise)
        judge(context)
    }

    private func finishedAnswer(_ context: ChannelHandlerContext) {
        progress.finishedAnswer(at: .now())
        judge(context)
    }

    /// Asks whether the client gets on, unless that will be asked anyway: no answer changes to the worse before then.
    private func judge(_ context: ChannelHandlerContext) {
        guard question == nil, context.channel.isActive else { return }
        switch progress.verdict(pending: pending(context), isReading: isReading, at: .now()) {
        case .close: context.close(promise: nil)
        case .wait: break
        case .ask(let moment):
            question = context.eventLoop.assumeIsolated().scheduleTask(deadline: moment) {
                self.question = nil
                self.judge(context)
            }
        }
    }

    /// Bytes of answers that the kernel has not taken, because the client does not.
    private func pending(_ context: ChannelHandlerContext) -> Int {
        do {
            return try context.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            // The channel is closed, so nothing will be taken any more.
            return 0
        }
    }
}
