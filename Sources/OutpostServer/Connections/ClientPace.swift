// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTPTypes

/// Ends connections of clients that neither send the body they announced nor take the answer they asked for.
///
/// The idle timeout does not see them: a byte now and then counts as activity, and an answer that is not taken as work in
/// progress. Here a client must move a least number of bytes in every window.
final class ClientPace: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Slower than any network that anybody works over.
    private static let leastBytesPerSecond: Int64 = 512

    private let window: TimeAmount
    private let leastBytes: Int
    private var check: Scheduled<Void>?

    /// Whether a body is on its way.
    private var isReceiving = false
    /// Whether that body has been on its way since the window began.
    private var isReceivingSinceStart = false
    private var received = 0
    private var written = 0
    private var pendingAtStart = 0

    init(window: TimeAmount) {
        self.window = window
        leastBytes = Int(window.nanoseconds / 1_000_000_000 * Self.leastBytesPerSecond)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isReceiving = true
        case .body(let bytes): received += bytes.readableBytes
        case .end: (isReceiving, isReceivingSinceStart) = (false, false)
        }
        startWindow(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .body(let bytes) = unwrapOutboundIn(data) { written += bytes.readableBytes }
        context.write(data, promise: promise)
        startWindow(context)
    }

    /// A connection on which nothing moves has no window.
    private func startWindow(_ context: ChannelHandlerContext) {
        guard check == nil else { return }
        isReceivingSinceStart = isReceiving
        pendingAtStart = pending(context)
        (received, written) = (0, 0)
        check = context.eventLoop.assumeIsolated().scheduleTask(in: window) { self.endWindow(context) }
    }

    private func endWindow(_ context: ChannelHandlerContext) {
        check = nil
        let pending = pending(context)
        let taken = pendingAtStart + written - pending
        let sendsTooLittle = isReceivingSinceStart && received < leastBytes
        let takesTooLittle = pendingAtStart > 0 && pending > 0 && taken < leastBytes
        if sendsTooLittle || takesTooLittle { return context.close(promise: nil) }
        if isReceiving || pending > 0 { startWindow(context) }
    }

    /// Bytes of answers that the kernel has not taken, because the client does not.
    private func pending(_ context: ChannelHandlerContext) -> Int {
        do {
            return try context.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            // A channel that does not know, such as one in a test, is never found slow.
            return 0
        }
    }
}
