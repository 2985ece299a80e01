// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTPTypes

/// Closes the connection of a client that is idle, or that sends its body or reads its answer too slowly.
///
/// The idle timeout of the HTTP library does not fit. It starts when an answer is queued, and would cut off a client
/// that steadily reads a large answer. It also accepts a single byte from time to time as activity.
final class SlowClientHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var progress: ClientProgress
    /// The next check of the progress.
    private var question: Scheduled<Void>?
    /// Whether the server has asked for more input since the last input. A slow handler delays this.
    private var isReading = false

    /// - Parameter now: on the clock of the channel's event loop.
    init(window: TimeAmount, at now: NIODeadline = .now()) {
        progress = ClientProgress(window: window, at: now)
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
        let now = context.eventLoop.now
        switch unwrapInboundIn(data) {
        case .head: progress.receivedHead(at: now)
        case .body(let bytes): progress.received(bytes.readableBytes, at: now)
        case .end: progress.receivedEnd(at: now)
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
        progress.finishedAnswer(at: context.eventLoop.now)
        judge(context)
    }

    /// Checks the progress of the client. Does nothing when a check is scheduled, because the verdict cannot become
    /// `close` before its time.
    private func judge(_ context: ChannelHandlerContext) {
        guard question == nil, context.channel.isActive else { return }
        switch progress.verdict(pending: pending(context), isReading: isReading, at: context.eventLoop.now) {
        case .close: context.close(promise: nil)
        case .wait: break
        case .ask(let moment):
            question = context.eventLoop.assumeIsolated().scheduleTask(deadline: moment) {
                self.question = nil
                self.judge(context)
            }
        }
    }

    /// Bytes of answers that wait in the channel because the client does not read.
    private func pending(_ context: ChannelHandlerContext) -> Int {
        do {
            return try context.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            // The channel is closed, and nothing waits in it any more.
            return 0
        }
    }
}
