// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Logging
import OutpostCallbacks
import OutpostCore
import OutpostDriverNamespaces
import OutpostEngine
import OutpostJobs
import OutpostLanguages
import OutpostLinux
import OutpostMetrics
import OutpostServer
import OutpostStore
import OutpostStoreFiles
import OutpostStoreSQLite
import OutpostVolumes
import ServiceLifecycle
import UnixSignals

/// Starts the server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start the server.",
        discussion: """
            Flags win over the environment (OUTPOST_LISTEN, OUTPOST_DATA_DIR, OUTPOST_CONFIG), which wins over the \
            configuration file. The server needs root, because a small process of it makes namespaces, cgroups and mounts.
            """)

    @Option(help: "The address to listen on: HOST:PORT or unix:/path.sock. Port 0 takes a free port.")
    var listen: String?

    @Option(help: "The folder for all data. The server makes it when it does not exist.")
    var dataDir: String?

    @Option(help: "The configuration file, in YAML.")
    var config: String?

    @Flag(help: "Allow plain HTTP on an address that is not loopback.")
    var insecureHttp = false

    /// What needs privileges, done at once and in the only thread there is; then they are given up.
    func startSpawner() throws -> SpawnerProcess {
        guard Privileges.isRoot else {
            throw OutpostError(.internal, "outpost serve needs root to make namespaces, cgroups and mounts; try sudo")
        }
        ServerProcess.ignoreBrokenPipes()
        try ServerProcess.raiseFileLimit()
        // The spawner does the same for itself; with this it is known here how much there is (`GuestProgram`).
        CreatorLimits.lift([.messageQueueBytes])
        let spawner = try SpawnerProcess.start()
        // Root's files stay root's: the server reads and writes its data directory as their owner, and needs no more.
        let port = try configuration().address.lowPort
        try Privileges.drop(keeping: port ? .bindLowPorts : [])
        try Reactor.start()
        return spawner
    }

    func configuration() throws -> ServeConfiguration {
        try ServeConfiguration.load(listen: listen, dataDirectory: dataDir, file: config, insecureHTTP: insecureHttp)
    }

    func run(spawner: SpawnerProcess) async throws {
        let configuration = try configuration()
        var logger = Logger(label: "outpost", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = configuration.logLevel
        let data = try DataDirectory(path: configuration.dataDirectory)
        let shares: @Sendable (NamespaceName) -> NamespaceShare = { [quotas = configuration.engine.quotas] in
            quotas.share(of: $0)
        }
        let disks = DiskImages(dataDirectory: data.path, shares: shares)
        try await disks.restoreSealed()
        let driver = try await NamespacesDriver.open(
            .init(
                dataDirectory: data.path, slots: configuration.slots, firstID: configuration.firstID, shares: shares,
                maxima: configuration.engine.limits.maxima, extraConfiguration: configuration.extraConfiguration,
                lowMemoryPercent: configuration.lowMemoryPercent),
            process: spawner, disks: disks,
            onSpawnerLost: {
                // Its privileges are given up, so only a new process can have another.
                exitProcess(1, message: "outpost: the spawner has died; the server ends so that it can be restarted")
            },
            onSocketsFull: { [logger] bytes in
                logger.warning(
                    "memory is short, and a sandbox that kept too much of it in sockets was ended",
                    metadata: ["bytes": "\(bytes)"])
            })
        let stores = try SQLiteStores.open(path: data.database)
        let computations = BlockingPool(limit: max(1, HostFacts.processors / 2))
        var settings = configuration.engine
        settings.maxJudgeTests = HostFacts.processors
        settings.maxComputations = max(1, HostFacts.processors / 2)
        settings.computing = { computations.submit($0) }
        let metrics = MetricsRegistry(APIServer.families + EngineMetrics.families + JobMetrics.families)
        let engine = try await Engine(
            configuration: settings, stores: stores, driver: driver, disks: disks,
            catalog: try LanguageCatalog.load(directory: configuration.languagesDirectory), clock: systemWallClock,
            logger: logger, compilations: try await compilations(data, configuration), metrics: metrics,
            isPresent: { exists($0) },
            stamp: toolchainStamp)
        try await AdminToken(path: data.adminToken).ensure(engine.tokens)
        let jobs = try await JobService(
            configuration.jobs, store: stores.jobs, results: try await JobResultFiles.open(directory: data.jobResults),
            runner: EngineJobs(sandboxes: engine.sandboxes),
            name: hexadecimal(UInt64.random(in: 0...UInt64.max), digits: 16),
            callbackPolicy: configuration.callbackPolicy,
            sender: CallbackSender(
                policy: configuration.callbackPolicy, userAgent: "Outpost/\(Outpost.version)", clock: systemWallClock),
            words: .native, clock: systemWallClock, logger: logger, metrics: metrics)
        let notifier = ServiceNotifier()
        let watchdog = Watchdog.server(driver, notifier: notifier, logger: logger)
        let server = APIServer(
            .init(
                address: configuration.address, tls: configuration.tls, bodyLimit: configuration.bodyLimit,
                idleTimeoutSeconds: configuration.idleTimeoutSeconds, version: Outpost.version,
                metrics: metrics, stalled: { watchdog.stalled }),
            engine: engine, jobs: jobs, logger: logger,
            onListening: { url in
                announce(url, token: data.adminToken)
                notifier?.isReady()
            })
        try watchdog.start()
        try await serve(engine, jobs, server, logger) { notifier?.isStopping() }
        withExtendedLifetime(data) {}
    }

    private func compilations(
        _ data: DataDirectory, _ configuration: ServeConfiguration
    ) async throws(OutpostError) -> (any CompilationStore)? {
        let quotas = configuration.engine.quotas
        let store = try await CompilationFiles.open(directory: data.compilations, clock: systemWallClock) { namespace in
            (quotas.limit(.compiledPrograms, in: namespace) ?? 0) << 20
        }
        return quotas.allowsAny(.compiledPrograms) ? store : nil
    }

    private func serve(
        _ engine: Engine, _ jobs: JobService, _ server: APIServer, _ logger: Logger,
        onStop: @escaping @Sendable () -> Void
    ) async throws {
        // Stopped from the last to the first: no new runs, then no connections, then no jobs, then nothing.
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: engine), .init(service: jobs), .init(service: server),
                    .init(service: Drain(engine: engine, jobs: jobs, onStop: onStop)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private func announce(_ url: String, token: String) {
        print("outpost is listening on \(url)")
        print("the admin token is in \(token)")
        flushStandardOutput()
    }
}
