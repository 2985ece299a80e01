// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import OutpostAPI
import OutpostCore

/// The channel of an open WebSocket connection, in whole messages.
typealias WebSocketChannel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

/// Opens a WebSocket connection for a call (RFC 6455, section 4.1).
struct WebSocketOpening: Sendable {
    let address: ServerAddress
    let path: String
    let headers: HTTPHeaders

    /// What the server's answer was.
    private enum Outcome: Sendable {
        case open(WebSocketChannel)
        /// The pipeline passes the answer on only after this outcome is known. So it is not complete yet.
        case refused(EventLoopFuture<Reply>)
    }

    /// The largest message from the server in bytes.
    private static let largestMessage = 1 << 20
    /// Bytes that wait in the kernel for this process (socket(7), `SO_RCVBUF`).
    private static let mostUnread: SocketOptionValue = 256 << 10
    private static let connectTimeout = TimeAmount.seconds(10)
    /// The time for the server to answer.
    private static let answerTimeout = TimeAmount.seconds(60)

    /// Connects and sends the request.
    ///
    /// - Throws: the server's error; `unavailable` when it did not answer.
    func open() async throws(OutpostError) -> WebSocketChannel {
        do {
            switch try await connect().get() {
            case .open(let channel): return channel
            case .refused(let reply): throw try await reply.get().refusal
            }
        } catch let error as OutpostError {
            throw error
        } catch {
            throw OutpostError(
                .unavailable, "no server answers at \(address): is `outpost serve` running?", cause: error)
        }
    }

    private func connect() async throws -> EventLoopFuture<Outcome> {
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(Self.connectTimeout)
            // Without a limit, the kernel takes megabytes of output in advance, and the user's Ctrl-C seems to be late.
            .channelOption(.socketOption(.so_rcvbuf), value: Self.mostUnread)
        switch address.endpoint {
        case .unix(let path):
            return try await bootstrap.connect(unixDomainSocketPath: path) { prepare($0, tls: nil) }
        case .tcp(let host, let port, let isEncrypted):
            let tls = isEncrypted ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
            return try await bootstrap.connect(host: host, port: port) { prepare($0, tls: tls.map { ($0, host) }) }
        }
    }

    private func prepare(
        _ channel: any Channel, tls: (context: NIOSSLContext, host: String)?
    ) -> EventLoopFuture<EventLoopFuture<Outcome>> {
        channel.eventLoop.makeCompletedFuture {
            if let (context, host) = tls {
                // The name is for the certificate. An address cannot be one (RFC 6066, section 3).
                let name = try? SocketAddress(ipAddress: host, port: 0)
                try channel.pipeline.syncOperations.addHandler(
                    NIOSSLClientHandler(context: context, serverHostname: name == nil ? host : nil))
            }
            let upgrader = NIOTypedWebSocketClientUpgrader<Outcome>(maxFrameSize: Self.largestMessage) { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
                            maxAccumulatedFrameSize: Self.largestMessage))
                    return .open(try WebSocketChannel(wrappingChannelSynchronously: channel))
                }
            }
            let limit = channel.eventLoop.scheduleTask(in: Self.answerTimeout) { channel.close(promise: nil) }
            var configuration = NIOUpgradableHTTPClientPipelineConfiguration<Outcome>(
                upgradeConfiguration: .init(
                    upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers),
                    upgraders: [upgrader]
                ) { refusal(on: $0) })
            // The first frames can come together with the answer.
            configuration.leftOverBytesStrategy = .forwardBytes
            let outcome = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                configuration: configuration)
            outcome.whenComplete { _ in limit.cancel() }
            return outcome
        }
    }

    /// Reads the answer of a server that refuses.
    private func refusal(on channel: any Channel) -> EventLoopFuture<Outcome> {
        channel.eventLoop.makeCompletedFuture {
            let promise = channel.eventLoop.makePromise(of: Reply.self)
            try channel.pipeline.syncOperations.addHandler(RefusalReader(promise))
            return .refused(promise.futureResult)
        }
    }
}

/// Collects an HTTP answer, and then closes the connection.
private final class RefusalReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<Reply>
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var isOver = false

    /// The most bytes of the body that are kept. An error of Outpost is shorter.
    private static let longestBody = 1 << 20

    init(_ promise: EventLoopPromise<Reply>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes):
            if body.count < Self.longestBody { body += bytes.readableBytesView }
        case .end: finish(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(context) }

    private func finish(_ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        if let head {
            promise.succeed(
                Reply(
                    status: Int(head.status.code), requestID: head.headers.first(name: "X-Request-Id"),
                    retryAfter: head.headers.first(name: "Retry-After").flatMap { Int($0) }, body: body))
        } else {
            promise.fail(ChannelError.eof)
        }
        context.close(promise: nil)
    }
}
