// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
import NIOCore
import NIOPosix
import NIOSSL
public import OutpostCore
public import OutpostEngine
public import OutpostJobs
public import OutpostMetrics
public import ServiceLifecycle

/// The HTTP server of the API.
public struct APIServer: Sendable {
    private let configuration: Configuration
    private let services: ServerServices
    private let dialects: [Dialect]
    private let logger: Logger
    private let onListening: @Sendable (String) async -> Void

    /// Makes a server. It listens only after `run()`.
    ///
    /// - Parameter onListening: called with the server's URL when the server accepts connections.
    /// - Throws: `internal` when the embedded dashboard cannot be read.
    public init(
        _ configuration: Configuration, engine: Engine, jobs: JobService, logger: Logger,
        onListening: @escaping @Sendable (String) async -> Void
    ) throws(OutpostError) {
        let services = ServerServices(engine: engine, configuration, logger: logger)
        let handlers = Handlers(
            engine: engine, jobs: jobs, registry: configuration.metrics, version: configuration.version,
            stalled: configuration.stalled)
        var dialects = [Dialect.native(handlers)]
        if configuration.hasDashboard {
            let files = try DashboardFiles.embedded()
            if files.isEmpty { logger.warning("this binary was built without the dashboard; build it with make") }
            dialects.append(.dashboard(files))
        }
        self.init(configuration, services, dialects, logger: logger, onListening: onListening)
    }

    /// Makes a server with these dialects.
    init(
        _ configuration: Configuration, _ services: ServerServices, _ dialects: [Dialect], logger: Logger,
        onListening: @escaping @Sendable (String) async -> Void
    ) {
        self.configuration = configuration
        self.services = services
        self.dialects = dialects
        self.logger = logger
        self.onListening = onListening
    }

    private func application() throws -> some ApplicationProtocol {
        let responder = APIResponder(dialects, services)
        let address: BindAddress =
            switch configuration.address {
            case .tcp(let host, let port): .hostname(host, port: port)
            case .unix(let path): .unixDomainSocket(path: path)
            }
        let patience = TimeAmount.seconds(Int64(configuration.idleTimeoutSeconds))
        let http1 = HTTPServerBuilder.http1(
            configuration: .init(additionalChannelHandlers: [
                ConnectionWatch(services.connections), ClientDeparture(), CutBodyHandler(),
                SlowClientHandler(window: patience), ProtocolUpgrade(),
                LingeringCloseHandler(),
            ]))
        let builder = try configuration.tls.map { try HTTPServerBuilder.tls(http1, tlsConfiguration: Self.load($0)) }
        return Application(
            responder: responder, server: builder ?? http1,
            configuration: ApplicationConfiguration(address: address, backlog: 1024),
            onServerRunning: { [configuration, onListening] channel in
                await onListening(Self.url(configuration, channel))
            }, logger: logger)
    }

    private static func load(_ files: TLS) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(files.certificate).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: files.privateKey, format: .pem)
        return TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
    }

    private static func url(_ configuration: Configuration, _ channel: any Channel) -> String {
        switch configuration.address {
        case .unix(let path): return "unix:\(path)"
        case .tcp(let host, let port):
            let scheme = configuration.tls == nil ? "http" : "https"
            let name = host.contains(":") ? "[\(host)]" : host
            return "\(scheme)://\(name):\(channel.localAddress?.port ?? port)"
        }
    }
}

extension APIServer {
    /// The metrics that the server itself measures.
    public static let families = RequestMetrics.families + Gauges.families

    /// The threads that serve connections. `call` runs its argument on the thread.
    public static var eventLoops: [(name: String, call: @Sendable (@escaping @Sendable () -> Void) -> Void)] {
        MultiThreadedEventLoopGroup.singleton.makeIterator().enumerated().map { index, loop in
            ("event loop \(index)", { body in loop.execute(body) })
        }
    }
}

extension APIServer: Service {
    /// Serves until a graceful shutdown. Finishes the running answers before it returns, if that takes no longer than runs may
    /// take to end.
    ///
    /// - Throws: an error when the server cannot listen at its address, or cannot read its certificate or key.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await application().run()
                return true
            }
            group.addTask {
                await closeLastConnections()
                return false
            }
            while try await group.next() == false {}
            group.cancelAll()
        }
    }

    /// Closes the connections that are still open some time after the shutdown has begun. A client that does not read its answer
    /// would keep the server.
    private func closeLastConnections() async {
        do {
            try await gracefulShutdown()
            try await Task.sleep(for: .seconds(services.engine.configuration.drainSeconds))
        } catch {
            // The server has ended before.
            return
        }
        let closed = services.connections.closeAll()
        if closed > 0 { logger.warning("connections were closed with their answers", metadata: ["count": "\(closed)"]) }
    }
}
