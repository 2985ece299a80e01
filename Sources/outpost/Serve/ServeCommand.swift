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

/// `outpost serve`: starts the server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start the server.",
        discussion: """
            Flags win over the environment (OUTPOST_LISTEN, OUTPOST_DATA_DIR, OUTPOST_CONFIG), which wins over the \
            configuration file. The command needs root for its spawner, a small process that makes namespaces, cgroups and \
            mounts. The server itself gives up its privileges.
            """)

    @Option(help: "The address to listen on: HOST:PORT or unix:/path.sock. Port 0 takes a free port.")
    var listen: String?

    @Option(help: "The folder for all data. The server makes it when it does not exist.")
    var dataDir: String?

    @Option(help: "The configuration file, in YAML.")
    var config: String?

    @Flag(help: "Allow plain HTTP on an address that is not loopback.")
    var insecureHttp = false

    /// Starts the spawner, and then gives up the privileges of this process. Must be called while the process has one
    /// thread.
    ///
    /// - Throws: `internal` without root; an error of the system when a step fails.
    func startSpawner() throws -> SpawnerProcess {
        guard Privileges.isRoot else {
            throw OutpostError(.internal, "outpost serve needs root to make namespaces, cgroups and mounts; try sudo")
        }
        ServerProcess.ignoreBrokenPipes()
        try ServerProcess.raiseFileLimit()
        // The spawner lifts the limit for itself. This process does too, and so it can read how much the spawner has.
        CreatorLimits.lift([.messageQueueBytes])
        let spawner = try SpawnerProcess.start()
        // The process keeps the user id of root. It owns its data directory and needs no capability for it.
        let port = try configuration().address.lowPort
        try Privileges.drop(keeping: port ? .bindLowPorts : [])
        // All threads of the server inherit it. A program that uses up its processor would make each of them wait.
        TimeSlice.shorten(forChildren: true)
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
                // This process has no privileges any more, and only a new one can start another spawner.
                exitProcess(1, message: "outpost: the spawner has died; the server ends so that it can be restarted")
            },
            onCrowd: { [logger] in logger.warning("\($0)") },
            onSocketsFull: { [logger] bytes in
                logger.warning(
                    "memory was low, and the server ended a sandbox that held too much of it in sockets",
                    metadata: ["bytes": "\(bytes)"])
            })
        let stores = try SQLiteStores.open(
            path: data.database, answers: try await AnswerBodyFiles.open(directory: data.answers))
        try await stores.removeOrphans()
        let computations = BlockingPool(limit: max(1, HostFacts.processors / 2))
        var settings = configuration.engine
        settings.maxJudgeTests = HostFacts.processors
        settings.maxComputations = max(1, HostFacts.processors / 2)
        settings.computing = { computations.submit($0) }
        settings.lowMemoryPercent = configuration.lowMemoryPercent
        settings.availableMemoryPercent = { try? HostFacts.availableMemoryPercent() }
        settings.linkKey = try LinkKey(path: data.linkKey).load()
        let metrics = MetricsRegistry(APIServer.families + EngineMetrics.families + JobMetrics.families)
        let engine = try await Engine(
            configuration: settings, stores: stores, driver: driver, disks: disks,
            catalog: try LanguageCatalog.load(directory: configuration.languagesDirectory), clock: systemWallClock,
            logger: logger, compilations: try await compilations(data, configuration), metrics: metrics,
            isPresent: { exists($0) },
            stamp: toolchainStamp)
        try await AdminToken(path: data.adminToken).ensure(engine.tokens, logger: logger)
        let jobs = try await JobService(
            configuration.jobs, store: stores.jobs, results: try await JobResultFiles.open(directory: data.jobResults),
            runner: EngineJobRunner(sandboxes: engine.sandboxes, work: engine.work),
            name: hexadecimal(UInt64.random(in: 0...UInt64.max), digits: 16),
            callbackPolicy: configuration.callbackPolicy,
            sender: CallbackSender(
                policy: configuration.callbackPolicy, userAgent: "Outpost/\(Outpost.version)", clock: systemWallClock),
            words: .native, clock: systemWallClock, logger: logger, metrics: metrics)
        let notifier = ServiceNotifier()
        let watchdog = Watchdog.server(driver, notifier: notifier, logger: logger)
        let server = try APIServer(
            .init(
                address: configuration.address, tls: configuration.tls, bodyLimit: configuration.bodyLimit,
                idleTimeoutSeconds: configuration.idleTimeoutSeconds, version: Outpost.version,
                metrics: metrics, hasDashboard: configuration.hasDashboard, stalled: { watchdog.stalled }),
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
        // The group stops the last service first: first new runs, then connections, then jobs, and then the engine.
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

/// Returns a fingerprint of `program` and of the libraries of the host; nil when the program does not exist. The cache
/// of the dynamic linker changes whenever a package adds or removes a library.
@Sendable private func toolchainStamp(_ program: String) -> String? {
    FileStamp(program).map { "\(program) \($0) \(FileStamp("/etc/ld.so.cache")?.description ?? "-")" }
}
