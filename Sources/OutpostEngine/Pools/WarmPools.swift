// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// The warm pools: sandboxes that are started before a request needs them, empty or with a warm interpreter. Each
/// sandbox is handed out once.
actor WarmPools {
    /// The warm interpreters in stateful sandboxes.
    nonisolated let spares: SpareInterpreters
    private let driver: any SandboxDriver
    /// The driver, if it supports warm interpreters.
    private let warm: (any WarmStarting)?
    private let policy: PoolPolicy
    private let metrics: EngineMetrics
    private let quotas: QuotaPolicy
    /// The limits that empty sandboxes are prepared for.
    private let limits: ResourceLimits
    private let clock: WallClock
    private let logger: Logger
    private var pools: [PoolKey: WarmPool<any RunningSandbox>] = [:]
    /// The zygote kinds whose last start succeeded. For these kinds, a run waits for a fork when no sandbox is ready.
    private var proven: Set<OpaqueValue> = []
    private var fills: [Int: Task<Void, Never>] = [:]
    private var nextFill = 0
    private var isClosed = false

    init(
        driver: any SandboxDriver, policy: PoolPolicy, quotas: QuotaPolicy, limits: ResourceLimits = .shippedDefaults,
        metrics: EngineMetrics, clock: @escaping WallClock, logger: Logger
    ) {
        // Each interpreter uses several MiB and serves only one sandbox.
        spares = SpareInterpreters(limit: (policy.ceiling + 1) / 2)
        self.driver = driver
        warm = driver as? any WarmStarting
        self.policy = policy
        self.quotas = quotas
        self.limits = limits
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    /// Returns a sandbox with a warm interpreter: a ready one, or one that is forked now. Nil when the run must start
    /// cold. `refill` replaces the sandbox.
    func acquire(_ key: WarmKey) async -> (any RunningSandbox)? {
        if let handle = await acquireReady(.interpreter(key)) { return handle }
        guard let source = key.source, proven.contains(source) else { return nil }
        return await createWarm(key)
    }

    /// Returns an empty sandbox: a ready one, or one that is started now. `refill` replaces it.
    ///
    /// - Throws: the driver's errors when none is ready.
    func acquire(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        if let handle = await acquireReady(.empty(spec)) { return handle }
        return try await driver.create(spec)
    }

    /// Starts the missing sandboxes, in the background.
    ///
    /// - Parameter isUrgent: whether to fill only pools without a ready sandbox. While a run's program works, other
    ///   starts would slow it down.
    func refill(isUrgent: Bool = false) {
        for (key, pool) in pools where !isUrgent || pool.ready.isEmpty { fill(key) }
    }

    private func acquireReady(_ key: PoolKey) async -> (any RunningSandbox)? {
        guard policy.ceiling > 0, !isClosed else { return nil }
        while true {
            var pool = pools[key] ?? newPool(key)
            let handle = pool.acquire(policy: policy, at: clock())
            pools[key] = pool
            guard let handle else { break }
            if await handle.isAlive {
                metrics.countPool(key.content, hit: true)
                return handle
            }
            handle.discard()
        }
        metrics.countPool(key.content, hit: false)
        return nil
    }

    /// Creates a pool for a kind. When there are too many kinds, this removes another one (`PoolShares`), so clients
    /// cannot make the number of pools grow without limit.
    private func newPool(_ key: PoolKey) -> WarmPool<any RunningSandbox> {
        let limit = kindLimit(key.namespace)
        let known = pools.mapValues(\.lastRequest)
        if let displaced = PoolShares.displaced(by: key, in: known, limit: limit) {
            var pool = pools.removeValue(forKey: displaced)
            for handle in pool?.removeAll() ?? [] { handle.discard() }
        }
        // A client that requests many different kinds does not get several sandboxes of each.
        let own = known.keys.count { $0.namespace == key.namespace }
        return WarmPool(policy: policy, isExpected: own < limit / 2, at: clock())
    }

    private func kindLimit(_ namespace: NamespaceName?) -> Int {
        namespace.flatMap { quotas.limit(.pooledKinds, in: $0) } ?? PoolShares.mostKinds
    }

    /// Creates and fills a pool for programs with this key.
    func keepReady(_ key: WarmKey) {
        let key = PoolKey.interpreter(key)
        guard policy.ceiling > 0, policy.floor > 0, pools[key] == nil else { return }
        pools[key] = WarmPool(policy: policy, at: clock())
        fill(key)
    }

    /// Removes sandboxes that are surplus, dead, or outdated, and starts the missing ones.
    func sweep() async {
        for key in pools.keys {
            let generation = await generation(of: key)
            guard var pool = pools[key] else { continue }
            var leaving = pool.expire(policy: policy, at: clock())
            if let known = pool.generation, known != generation { leaving += pool.removeAll() }
            pool.generation = generation
            pools[key] = pool.isEmpty ? nil : pool
            for handle in leaving { handle.discard() }
            await removeDead(key)
            fill(key)
        }
    }

    private func generation(of key: PoolKey) async -> String {
        switch key {
        case .empty: await (driver as? any ImagePreparing)?.imageGeneration() ?? ""
        case .interpreter(let key): await warm?.generation(of: key) ?? ""
        }
    }

    private func removeDead(_ key: PoolKey) async {
        for handle in pools[key]?.ready ?? [] where await !handle.isAlive {
            guard var pool = pools[key] else { return }
            pool.removeAll { ObjectIdentifier($0) == ObjectIdentifier(handle) }
            pools[key] = pool
            handle.discard()
        }
    }

    /// Closes the pools: waits for the starts in progress and destroys all sandboxes.
    func close() async {
        isClosed = true
        for task in fills.values { await task.value }
        for key in pools.keys {
            for handle in pools[key]?.removeAll() ?? [] { await handle.destroy() }
        }
        pools = [:]
    }

    /// The number of pools.
    var kindCount: Int { pools.count }

    /// Returns the namespace's quotas of pools and their use.
    func standings(of namespace: NamespaceName) -> [QuotaStanding] {
        let own = pools.filter { $0.key.namespace == namespace }
        let most = FairShare.most(of: capacity)
        return [
            QuotaStanding(.pooledKinds, limit: kindLimit(namespace), used: own.count),
            QuotaStanding(
                .pooledSandboxes,
                limit: quotas.limit(.pooledSandboxes, in: namespace).map { min($0, capacity) } ?? most,
                used: own.values.reduce(0) { $0 + $1.held }),
        ]
    }

    /// The number of ready sandboxes.
    var readyCount: Int { pools.values.reduce(0) { $0 + $1.ready.count } }

    // MARK: - Filling

    /// The maximum number of sandboxes in all pools, ready or being started.
    private var capacity: Int { policy.ceiling * Self.fullPools }

    private func fill(_ key: PoolKey) {
        guard !isClosed, var pool = pools[key] else { return }
        let missing = pool.missing(at: clock())
        guard missing > 0 else { return }
        let count = min(missing, room(for: key.namespace, filling: pool.filling))
        guard count > 0 else { return }
        pool.began(count)
        pools[key] = pool
        for _ in 0..<count {
            let number = nextFill
            nextFill += 1
            fills[number] = Task {
                await fillOne(key)
                fills[number] = nil
            }
        }
    }

    /// Returns how many starts a pool may add.
    ///
    /// - Parameter filling: the number of its starts in progress.
    private func room(for namespace: NamespaceName?, filling: Int) -> Int {
        var taken = 0
        var held = 0
        var ownFills = 0
        for (key, pool) in pools {
            taken += pool.held
            guard key.namespace == namespace else { continue }
            held += pool.held
            ownFills += pool.filling
        }
        // More starts at one time would slow down each other and the programs that run.
        let atOnce = min(Self.fillsAtOnce - filling, Self.fillsOfNamespace - ownFills)
        let own = namespace.flatMap { quotas.limit(.pooledSandboxes, in: $0) }
        var count = 0
        while count < atOnce, taken + count < capacity {
            let isAllowed =
                own.map { held + count < $0 }
                ?? FairShare.allows(held: held + count, taken: taken + count, of: capacity)
            guard isAllowed else { break }
            count += 1
        }
        return count
    }

    /// Fills the pool again, and then the other pools of the namespace. They may have waited for the namespace's limit
    /// of starts.
    private func fillNext(after key: PoolKey) {
        fill(key)
        for other in pools.keys where other != key && other.namespace == key.namespace { fill(other) }
    }

    private func fillOne(_ key: PoolKey) async {
        if pools[key]?.generation == nil {
            // The fingerprint is read before the start, because the image may change during it.
            let generation = await generation(of: key)
            if pools[key]?.generation == nil { pools[key]?.generation = generation }
        }
        do throws(OutpostError) {
            let handle = try await make(key)
            guard pools[key] != nil, !isClosed else { return handle.discard() }
            pools[key]?.finished(handle)
        } catch {
            logger.warning(
                "a warm sandbox cannot be started; runs start cold",
                metadata: ["pool": "\(key)", "error": "\(error)"])
            pools[key]?.failed(at: clock())
        }
        fillNext(after: key)
    }

    private func make(_ key: PoolKey) async throws(OutpostError) -> any RunningSandbox {
        switch key {
        case .empty(let spec):
            let handle = try await driver.create(spec)
            await handle.makeReady(for: limits)
            return handle
        case .interpreter(let key):
            do throws(OutpostError) {
                let handle = try await startWarm(key)
                if let source = key.source { proven.insert(source) }
                return handle
            } catch {
                if let source = key.source { proven.remove(source) }
                throw error
            }
        }
    }

    private func startWarm(_ key: WarmKey) async throws(OutpostError) -> any RunningSandbox {
        guard let warm else { throw OutpostError(.internal, "the driver has no warm interpreters") }
        return try await warm.createWarm(key)
    }

    private func createWarm(_ key: WarmKey) async -> (any RunningSandbox)? {
        do throws(OutpostError) {
            return try await startWarm(key)
        } catch {
            logger.warning("a warm sandbox cannot be started; this run starts cold", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// The maximum number of starts at one time in one pool.
    private static let fillsAtOnce = 2
    /// The maximum number of starts at one time in one namespace.
    private static let fillsOfNamespace = 4
    /// The number of pools that can be full at one time.
    private static let fullPools = 4
}
