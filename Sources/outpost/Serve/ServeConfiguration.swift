// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCallbacks
import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostLinux
import OutpostNetwork
import OutpostServer

/// All settings of the server, from flags, environment and file.
struct ServeConfiguration {
    var address: APIServer.Address
    var dataDirectory: String
    var tls: APIServer.TLS?
    var languagesDirectory: String?
    var hasDashboard: Bool
    var bodyLimit: Int
    var idleTimeoutSeconds: Int
    var logLevel: Logger.Level
    var slots: UInt32
    var firstID: UInt32
    var lowMemoryPercent: Int
    var jobs: JobConfiguration
    var callbackPolicy: CallbackPolicy
    var extraConfiguration: [String]
    var engine: EngineConfiguration

    /// Combines the settings. Flags win over the environment, which wins over the file.
    ///
    /// - Parameter environment: returns the value of a variable; nil when it is not set.
    /// - Throws: `invalid_request` that names the wrong setting; an error of the system when it cannot read the memory.
    static func load(
        listen: String?, dataDirectory: String?, file: String?, insecureHTTP: Bool,
        environment: (String) -> String? = { Environment()[$0] }
    ) throws -> ServeConfiguration {
        let settings =
            try (file ?? environment("OUTPOST_CONFIG")).map { try ConfigurationFile(path: $0) }
            ?? ConfigurationFile()
        let text = listen ?? environment("OUTPOST_LISTEN") ?? settings.listen ?? "127.0.0.1:8080"
        let address = try APIServer.Address(text)
        let isInsecureAllowed = insecureHTTP || settings.insecureHTTP
        guard address.isLocal || settings.tls != nil || isInsecureAllowed else {
            throw OutpostError(
                .invalidRequest,
                "plain HTTP on \(text) would send tokens unencrypted; configure tls, or pass --insecure-http")
        }
        var jobs = settings.jobs
        let engine = try settings.engine(maxima: hostMaxima())
        jobs.quotas = engine.quotas
        return ServeConfiguration(
            address: address,
            dataDirectory: absolute(
                dataDirectory ?? environment("OUTPOST_DATA_DIR") ?? settings.dataDirectory ?? defaultDirectory),
            tls: settings.tls, languagesDirectory: settings.languagesDirectory,
            hasDashboard: settings.hasDashboard, bodyLimit: settings.bodyLimit,
            idleTimeoutSeconds: settings.idleTimeoutSeconds, logLevel: settings.logLevel, slots: settings.slots,
            firstID: settings.firstID, lowMemoryPercent: settings.lowMemoryPercent, jobs: jobs,
            callbackPolicy: settings.callbackPolicy, extraConfiguration: settings.extraConfiguration, engine: engine)
    }

    private static let defaultDirectory = "/var/lib/outpost"

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : currentDirectory() + "/" + path
    }

    /// The maxima of a run without settings of the operator: three quarters of the memory, and all cores.
    private static func hostMaxima() throws -> ResourceLimits {
        ResourceLimits(
            memoryMiB: try HostFacts.memoryMiB() * 3 / 4, cpuCores: Double(HostFacts.processors),
            timeoutMilliseconds: 3_600_000, diskMiB: 50 << 10, maxProcesses: 4096, maxOutputBytes: 64 << 20)
    }
}

extension APIServer.Address {
    /// Parses `HOST:PORT`, `[IPv6]:PORT` or `unix:/path`.
    ///
    /// - Throws: `invalid_request` that names `listen`.
    init(_ text: String) throws(OutpostError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), path.utf8.count < 108 else {
                throw .parameter(
                    .invalidRequest, .given("listen"), "needs an absolute path of at most 107 bytes after unix:")
            }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .parameter(.invalidRequest, .given("listen"), "must be HOST:PORT or unix:/path, not \(text)")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self = .tcp(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
    }

    /// Whether only this machine can connect.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || HostAddress(host)?.isLoopback == true
        }
    }

    /// Whether binding the address needs a privilege, because the port is below 1024 (ip(7)).
    var lowPort: Bool {
        if case .tcp(_, let port) = self { return port > 0 && port < 1024 }
        return false
    }
}
