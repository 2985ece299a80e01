// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostMetrics

extension APIServer {
    /// The settings of the server.
    public struct Configuration: Sendable {
        /// Where the server listens.
        public var address: Address
        /// The certificate and its key; nil for HTTP without TLS.
        public var tls: TLS?
        /// The most bytes of a request's body that the server reads whole.
        public var bodyLimit: Int
        /// The longest idle time of a connection in seconds. A body or an answer in transfer must move at least 512
        /// bytes per second in each period of this length.
        public var idleTimeoutSeconds: Int
        /// The version of the product, for the OpenAPI document.
        public var version: String
        /// The server counts in this registry, and `/metrics` shows it.
        public var metrics: MetricsRegistry
        /// Returns the names of the parts that are blocked at this moment. The server is not ready while there are any.
        public var stalled: @Sendable () -> [String]
        /// Whether the server has the page at `/`.
        public var hasDashboard: Bool
        /// The most connections over which no valid token has come.
        public var strangerLimit = 512

        /// Makes a configuration. By default it is HTTP without TLS, bodies of 10 MiB and idle times of 75 seconds.
        public init(
            address: Address, tls: TLS? = nil, bodyLimit: Int = 10 << 20, idleTimeoutSeconds: Int = 75, version: String,
            metrics: MetricsRegistry = MetricsRegistry(APIServer.families),
            hasDashboard: Bool = true, stalled: @escaping @Sendable () -> [String] = { [] }
        ) {
            self.address = address
            self.tls = tls
            self.bodyLimit = bodyLimit
            self.idleTimeoutSeconds = idleTimeoutSeconds
            self.version = version
            self.metrics = metrics
            self.hasDashboard = hasDashboard
            self.stalled = stalled
        }
    }

    /// Where the server listens.
    public enum Address: Hashable, Sendable {
        /// A TCP port. Port 0 takes a free one.
        case tcp(host: String, port: Int)
        /// A Unix socket at an absolute path.
        case unix(path: String)
    }

    /// The paths of two files in PEM form.
    public struct TLS: Hashable, Sendable {
        /// The path of the certificate and its chain.
        public let certificate: String
        /// The path of the private key.
        public let privateKey: String

        public init(certificate: String, privateKey: String) {
            self.certificate = certificate
            self.privateKey = privateKey
        }
    }
}
