// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
public import Logging
public import OutpostCore
public import OutpostLanguages
public import OutpostSandboxing
public import OutpostStore
public import OutpostVolumes
public import ServiceLifecycle

/// All services behind the HTTP server. The engine makes the decisions, drivers and stores carry them out.
public struct Engine: Sendable {
    /// The operator's configuration.
    public let configuration: EngineConfiguration
    /// The sandboxes and their runs.
    public let sandboxes: SandboxService
    /// The files of the sandboxes.
    public let files: FileService
    /// The signed URLs of files.
    public let fileLinks: FileLinkService
    /// The tokens of clients.
    public let tokens: TokenService
    /// The languages of the catalogue.
    public let languages: LanguageInventory
    /// The recorded answers of repeatable calls.
    public let idempotency: IdempotencyService
    /// The limits of calls for each credential.
    public let rateLimiter: RateLimiter
    /// What each namespace holds.
    public let quotas: QuotaLedger
    /// Runs computations on large bodies, outside of the task pool.
    public let work: FairWork
    /// The wall clock of all services.
    public let clock: WallClock
    let pool: WarmPools
    private let admission: Admission
    let output: OutputLine
    let executions: ExecutionRegistry
    let processes: ProcessRegistry
    private let stores: any OutpostStores
    let driver: any SandboxDriver
    let disks: any SandboxDisks & SealedDisks
    let compilations: (any CompilationStore)?
    private let logger: Logger

    /// Creates the engine, and recovers the sandboxes and tokens of an earlier server.
    ///
    /// - Parameters:
    ///   - disks: the disks of stateful sandboxes and the sealed disks.
    ///   - compilations: the store of compiled programs; nil compiles every time.
    ///   - factory: makes the metrics. It should know `EngineMetrics.families`.
    ///   - isPresent: whether the image has a program at this path.
    ///   - stamp: a fingerprint of a program of the image and of everything that the program uses. Nil when there is
    ///     none; then its compilations are not cached.
    /// - Throws: the errors of the stores and the driver.
    public init(
        configuration: EngineConfiguration, stores: any OutpostStores, driver: any SandboxDriver,
        disks: any SandboxDisks & SealedDisks, catalog: LanguageCatalog, clock: @escaping WallClock, logger: Logger,
        compilations: (any CompilationStore)? = nil, metrics factory: any MetricsFactory = NOOPMetricsHandler.instance,
        isPresent: @escaping @Sendable (String) -> Bool,
        stamp: @escaping @Sendable (String) -> String? = { _ in nil }
    ) async throws(OutpostError) {
        let languages = LanguageInventory(
            catalog: catalog, driver: driver, maxima: configuration.limits.maxima, logger: logger,
            isPresent: isPresent, stamp: stamp)
        let metrics = EngineMetrics(factory)
        let pool = WarmPools(
            driver: driver, policy: configuration.pool, quotas: configuration.quotas,
            limits: configuration.limits.defaults, metrics: metrics, clock: clock, logger: logger)
        let quotas = QuotaLedger(
            policy: configuration.quotas,
            capacities: [
                .concurrentRuns: configuration.maxConcurrentRuns, .liveSandboxes: configuration.maxLiveSandboxes,
                .connections: configuration.maxConnections, .streams: configuration.maxStreams,
                .liveProcesses: configuration.maxLiveProcesses,
                .bodies: configuration.maxBodyMiB << 20, .output: configuration.maxOutputMiB << 20,
            ])
        let output = OutputLine(quotas: quotas)
        let work = FairWork(limit: configuration.maxComputations, start: configuration.computing)
        let context = EngineContext(
            configuration: configuration, stores: stores, driver: driver, disks: disks, languages: languages,
            admission: Admission(quotas: quotas), quotas: quotas, output: output, work: work,
            metrics: metrics,
            compilations: compilations.map {
                CompilationCache(store: $0, disks: disks, metrics: metrics, logger: logger)
            }, pool: pool, executions: ExecutionRegistry(quotas: configuration.quotas, clock: clock),
            processes: ProcessRegistry(
                quotas: configuration.quotas, store: stores.processes, logger: logger), clock: clock, logger: logger)
        self.configuration = configuration
        self.languages = languages
        self.stores = stores
        self.driver = driver
        self.disks = disks
        self.compilations = compilations
        self.clock = clock
        self.logger = logger
        admission = context.admission
        executions = context.executions
        processes = context.processes
        self.pool = pool
        self.quotas = quotas
        self.output = output
        self.work = work
        sandboxes = SandboxService(context)
        files = FileService(sandboxes)
        tokens = TokenService(context)
        fileLinks = FileLinkService(key: configuration.linkKey, tokens: tokens, clock: clock)
        idempotency = IdempotencyService(context)
        rateLimiter = RateLimiter(clock: clock)
        warnOfIsolation()
        try await sandboxes.recover()
        try await tokens.load()
        await sandboxes.expectRuns()
    }

    private func warnOfIsolation() {
        let available = driver.capabilities.isolation
        for (name, minimum) in configuration.isolation.unmet(having: available) {
            logger.warning(
                "nothing can run in a namespace: this server does not have its minimum isolation",
                metadata: ["namespace": "\(name)", "reason": "\(minimum.refusal(having: available) ?? "")"])
        }
    }

    /// The number of runs in progress.
    public var runsInProgress: Int { admission.running }

    /// Returns memory for the output of one call of a namespace. It holds nothing yet.
    public func outputMemory(in namespace: NamespaceName) -> OutputShare { OutputShare(output, in: namespace) }

    /// Whether new runs are refused because the server stops.
    public var isDraining: Bool { admission.isDraining }
}

extension Engine: Service {
    /// Does periodic upkeep until the server must stop: it deletes expired sandboxes, refills pools and stores usage
    /// times. Then it destroys all sandboxes and closes the stores.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            async let preparing: Void = prepareImage()
            while !Task.isCancelled {
                await upkeep()
                // When the sleep is cancelled, the loop ends.
                try? await Task.sleep(for: .seconds(configuration.sweepIntervalSeconds))
            }
            await preparing
        }
        await upkeep()
        await endSandboxes()
        try await stores.close()
    }

    /// Destroys everything on the host, for at most `teardownSeconds`. The kernel may not end a process, for example
    /// while it waits for a disk. After the time limit the driver shuts down and ends such waits, and so one process
    /// cannot block the stop.
    private func endSandboxes() async {
        let limit = Task {
            do { try await Task.sleep(for: .seconds(configuration.teardownSeconds)) } catch { return }
            await driver.shutDown()
        }
        await sandboxes.waitForTeardowns()
        await pool.close()
        limit.cancel()
        await driver.shutDown()
    }

    private func prepareImage() async {
        await languages.prepareImage()
        // The sandboxes in the pools still have the old image.
        await pool.sweep()
    }

    private func upkeep() async {
        rateLimiter.sweep()
        await pool.sweep()
        await upkeep("expired sandboxes") { () async throws(OutpostError) in try await sandboxes.sweep() }
        await sandboxes.saveMemory()
        await upkeep("uses of tokens") { () async throws(OutpostError) in try await tokens.flushUses() }
        await upkeep("stored answers") { () async throws(OutpostError) in try await idempotency.sweep() }
    }

    /// Does one part of the upkeep. When it fails, the other parts go on, and the next round tries again.
    private func upkeep(_ part: String, _ body: () async throws(OutpostError) -> Void) async {
        do throws(OutpostError) {
            try await body()
        } catch {
            logger.warning("upkeep failed", metadata: ["part": "\(part)", "error": "\(error)"])
        }
    }

    /// Refuses new runs, waits `drainSeconds` for the runs in progress, and then cancels the rest. Ends the processes and
    /// kernels that live with their sandboxes after that, because runs may need them, and ends the events of sandboxes.
    public func drain() async {
        admission.close()
        work.close()
        output.close()
        await OutpostCore.drain(within: configuration.drainSeconds) { [admission] in
            await admission.waitUntilIdle()
        } hurry: { [sandboxes] in
            await sandboxes.cancelAll()
        }
        await sandboxes.endProcesses()
        await sandboxes.endKernels()
        // Nothing more happens that a reader would wait for.
        await sandboxes.endEvents()
    }
}
