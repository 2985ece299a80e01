// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// Sandboxes that are made before they are asked for, empty or with an interpreter that waits for its program. Each is
/// handed out once.
actor WarmPools {
    /// What stateful sandboxes keep for themselves.
    nonisolated let spares: SpareInterpreters
    private let driver: any SandboxDriver
    /// The same, if it starts interpreters ahead.
    private let warm: (any WarmStarting)?
    private let policy: PoolPolicy
    private let metrics: EngineMetrics
    private let quotas: QuotaPolicy
    /// Those of a program that asks for none.
    private let limits: ResourceLimits
    private let clock: WallClock
    private let logger: Logger
    private var pools: [PoolKey: WarmPool<any RunningSandbox>] = [:]
    /// What has come up before: from then on, a sandbox that is missing is worth waiting for.
    private var proven: Set<OpaqueValue> = []
    private var fills: [Int: Task<Void, Never>] = [:]
    private var nextFill = 0
    private var isClosed = false

    init(
        driver: any SandboxDriver, policy: PoolPolicy, quotas: QuotaPolicy, limits: ResourceLimits = .shippedDefaults,
        metrics: EngineMetrics, clock: @escaping WallClock, logger: Logger
    ) {
        // Each takes several MiB, and serves one sandbox only.
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

    /// A sandbox for programs with this key, now or as soon as one can be forked; nil when the sandbox must be
    /// started from nothing. `refill` replaces it.
    func acquire(_ key: WarmKey) async -> (any RunningSandbox)? {
        if let handle = await acquireReady(.interpreter(key)) { return handle }
        guard let source = key.source, proven.contains(source) else { return nil }
        return await createWarm(key)
    }

    /// An empty sandbox, now or as soon as one can be started. `refill` replaces it.
    ///
    /// - Throws: what the driver throws when none is ready and none can be started.
    func acquire(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        if let handle = await acquireReady(.empty(spec)) { return handle }
        return try await driver.create(spec)
    }

    /// Makes what is missing since some were taken, in the background.
    ///
    /// - Parameter isUrgent: only where none is ready. Otherwise the run that took one has the machine to itself.
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

    /// What is kept must not grow with what clients think of: one that is kept for the first time takes the place of the one
    /// that its namespace uses least, when there are as many as may be.
    private func newPool(_ key: PoolKey) -> WarmPool<any RunningSandbox> {
        let limit = kindLimit(key.namespace)
        let known = pools.mapValues(\.lastRequest)
        if let displaced = PoolShares.displaced(by: key, in: known, limit: limit) {
            var pool = pools.removeValue(forKey: displaced)
            for handle in pool?.removeAll() ?? [] { handle.discard() }
        }
        // Who asks for one odd kind after the other is not to have many of each made.
        let own = known.keys.count { $0.namespace == key.namespace }
        return WarmPool(policy: policy, isExpected: own < limit / 2, at: clock())
    }

    private func kindLimit(_ namespace: NamespaceName?) -> Int {
        namespace.flatMap { quotas.limit(.pooledKinds, in: $0) } ?? PoolShares.mostKinds
    }

    /// Starts to keep sandboxes for programs with this key.
    func keepReady(_ key: WarmKey) {
        let key = PoolKey.interpreter(key)
        guard policy.ceiling > 0, policy.floor > 0, pools[key] == nil else { return }
        pools[key] = WarmPool(policy: policy, at: clock())
        fill(key)
    }

    /// Gives back what is too many, dead, or started from an image that has changed since.
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

    /// Makes no more, and gives back what there is; returns when nothing is on its way.
    func close() async {
        isClosed = true
        for task in fills.values { await task.value }
        for key in pools.keys {
            for handle in pools[key]?.removeAll() ?? [] { await handle.destroy() }
        }
        pools = [:]
    }

    /// Kinds that are kept, or have been asked for.
    var kindCount: Int { pools.count }

    /// What a namespace has in it.
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

    /// Sandboxes that are ready.
    var readyCount: Int { pools.values.reduce(0) { $0 + $1.ready.count } }

    // MARK: - Filling

    /// Sandboxes of all kinds that are ready or on their way.
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

    /// How many more may be begun for a kind of this namespace, of which `filling` are on their way.
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
        // More at a time would only get into each other's way, and the way of the programs that run.
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

    /// Goes on with what the namespace still misses, which may not have had its turn while this kind had.
    private func fillNext(after key: PoolKey) {
        fill(key)
        for other in pools.keys where other != key && other.namespace == key.namespace { fill(other) }
    }

    private func fillOne(_ key: PoolKey) async {
        if pools[key]?.generation == nil {
            // Before the first is made: the image may change while it is.
            let generation = await generation(of: key)
            if pools[key]?.generation == nil { pools[key]?.generation = generation }
        }
        do throws(OutpostError) {
            let handle = try await make(key)
            guard pools[key] != nil, !isClosed else { return handle.discard() }
            pools[key]?.finished(handle)
        } catch {
            logger.warning(
                "no warm sandbox can be made; runs start cold",
                metadata: ["key": "\(key)", "error": "\(error)"])
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
        guard let warm else { throw OutpostError(.internal, "the driver cannot start interpreters ahead") }
        return try await warm.createWarm(key)
    }

    private func createWarm(_ key: WarmKey) async -> (any RunningSandbox)? {
        do throws(OutpostError) {
            return try await startWarm(key)
        } catch {
            logger.warning("no warm sandbox; a run starts cold", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// For one kind.
    private static let fillsAtOnce = 2
    /// For all kinds of one namespace.
    private static let fillsOfNamespace = 4
    /// So many pools may be full at one time.
    private static let fullPools = 4
}
