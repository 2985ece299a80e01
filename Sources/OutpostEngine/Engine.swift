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

/// Everything between the HTTP server and the kernel: decides, and lets drivers and stores act.
public struct Engine: Sendable {
    public let configuration: EngineConfiguration
    public let sandboxes: SandboxService
    public let tokens: TokenService
    public let languages: LanguageInventory
    public let idempotency: IdempotencyService
    public let rateLimiter: RateLimiter
    public let quotas: QuotaLedger
    /// Where computations on large bodies are done.
    public let work: FairWork
    public let clock: WallClock
    let pool: WarmPools
    private let admission: Admission
    private let stores: any OutpostStores
    let driver: any SandboxDriver
    let disks: any SandboxDisks
    let compilations: (any CompilationStore)?
    private let logger: Logger

    /// Takes up what an earlier server left.
    ///
    /// - Parameters:
    ///   - disks: those of stateful sandboxes.
    ///   - compilations: where compiled programs are kept; nil to compile every time.
    ///   - factory: makes what the engine counts with; it should know `EngineMetrics.families`.
    ///   - isPresent: whether a program of the image is there.
    ///   - stamp: what tells a program of the image, and all that it works with, from any other build; nil when nothing
    ///     does, and what it compiles is then not kept.
    /// - Throws: the stores' and the driver's errors.
    public init(
        configuration: EngineConfiguration, stores: any OutpostStores, driver: any SandboxDriver,
        disks: any SandboxDisks, catalog: LanguageCatalog, clock: @escaping WallClock, logger: Logger,
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
                .connections: configuration.maxConnections, .bodies: configuration.maxBodyMiB << 20,
            ])
        let work = FairWork(limit: configuration.maxComputations, start: configuration.computing)
        let context = EngineContext(
            configuration: configuration, stores: stores, driver: driver, disks: disks, languages: languages,
            admission: Admission(quotas: quotas), quotas: quotas, work: work, metrics: metrics,
            compilations: compilations.map {
                CompilationCache(store: $0, disks: disks, metrics: metrics, logger: logger)
            }, pool: pool, clock: clock, logger: logger)
        self.configuration = configuration
        self.languages = languages
        self.stores = stores
        self.driver = driver
        self.disks = disks
        self.compilations = compilations
        self.clock = clock
        self.logger = logger
        admission = context.admission
        self.pool = pool
        self.quotas = quotas
        self.work = work
        sandboxes = SandboxService(context)
        tokens = TokenService(context)
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
                "nothing can run in a namespace: the minimum of its isolation cannot be had",
                metadata: ["namespace": "\(name)", "reason": "\(minimum.refusal(having: available) ?? "")"])
        }
    }

    /// Runs in progress.
    public var runsInProgress: Int { admission.running }

    /// Whether new runs are refused because the server stops.
    public var isDraining: Bool { admission.isDraining }
}

extension Engine: Service {
    /// Looks after expiry and what is to be written down, until the server is told to stop; then leaves nothing on the
    /// host.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            async let preparing: Void = prepareImage()
            while !Task.isCancelled {
                await upkeep()
                // A cancelled sleep is the end of the loop.
                try? await Task.sleep(for: .seconds(configuration.sweepIntervalSeconds))
            }
            await preparing
        }
        await upkeep()
        await endSandboxes()
        try await stores.close()
    }

    /// Ends all that is on the host. A process that the kernel does not let end holds its sandbox up, and not the server:
    /// when the time is over, the driver ends with it, and so the waits for it.
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
        // Sandboxes that are ready have the image from before.
        await pool.sweep()
    }

    private func upkeep() async {
        do throws(OutpostError) {
            rateLimiter.sweep()
            await pool.sweep()
            try await sandboxes.sweep()
            try await tokens.flushUses()
            try await idempotency.sweep()
        } catch {
            // The next round tries again; a full disk must not end the server.
            logger.warning("upkeep failed", metadata: ["error": "\(error)"])
        }
    }

    /// Refuses new runs, lets those in progress finish, and cancels what has not finished in time.
    public func drain() async {
        admission.close()
        work.close()
        await OutpostCore.drain(within: configuration.drainSeconds) { [admission] in
            await admission.waitUntilIdle()
        } hurry: { [sandboxes] in
            await sandboxes.cancelAll()
        }
    }
}
