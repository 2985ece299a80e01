// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// Sandboxes that are made before they are asked for, empty or with an interpreter that waits for its program. Each is
/// handed out once.
actor SandboxPool {
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
    private var shelves: [PoolKind: PoolShelf<any RunningSandbox>] = [:]
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
    func take(_ key: WarmKey) async -> (any RunningSandbox)? {
        if let handle = await takeReady(.interpreter(key)) { return handle }
        guard let source = key.source, proven.contains(source) else { return nil }
        return await createWarm(key)
    }

    /// An empty sandbox, now or as soon as one can be started. `refill` replaces it.
    ///
    /// - Throws: what the driver throws when none is ready and none can be started.
    func take(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        if let handle = await takeReady(.empty(spec)) { return handle }
        return try await driver.create(spec)
    }

    /// Makes what is missing since some were taken, in the background.
    ///
    /// - Parameter isUrgent: only where none is ready. Otherwise the run that took one has the machine to itself.
    func refill(isUrgent: Bool = false) {
        for (kind, shelf) in shelves where !isUrgent || shelf.ready.isEmpty { fill(kind) }
    }

    private func takeReady(_ kind: PoolKind) async -> (any RunningSandbox)? {
        guard policy.ceiling > 0, !isClosed else { return nil }
        while true {
            var shelf = shelves[kind] ?? newShelf(kind)
            let handle = shelf.take(policy: policy, at: clock())
            shelves[kind] = shelf
            guard let handle else { break }
            if await handle.isAlive {
                metrics.countPool(kind.content, hit: true)
                return handle
            }
            handle.discard()
        }
        metrics.countPool(kind.content, hit: false)
        return nil
    }

    /// What is kept must not grow with what clients think of: one that is kept for the first time takes the place of the one
    /// that its namespace uses least, when there are as many as may be.
    private func newShelf(_ kind: PoolKind) -> PoolShelf<any RunningSandbox> {
        let limit = kindLimit(kind.namespace)
        let known = shelves.mapValues(\.lastTake)
        if let displaced = PoolShares.displaced(by: kind, in: known, limit: limit) {
            var shelf = shelves.removeValue(forKey: displaced)
            for handle in shelf?.removeAll() ?? [] { handle.discard() }
        }
        // Who asks for one odd kind after the other is not to have many of each made.
        let own = known.keys.count { $0.namespace == kind.namespace }
        return PoolShelf(policy: policy, isExpected: own < limit / 2, at: clock())
    }

    private func kindLimit(_ namespace: NamespaceName?) -> Int {
        namespace.flatMap { quotas.limit(.pooledKinds, in: $0) } ?? PoolShares.mostKinds
    }

    /// Starts to keep sandboxes for programs with this key.
    func keepReady(_ key: WarmKey) {
        let kind = PoolKind.interpreter(key)
        guard policy.ceiling > 0, policy.floor > 0, shelves[kind] == nil else { return }
        shelves[kind] = PoolShelf(policy: policy, at: clock())
        fill(kind)
    }

    /// Gives back what is too many, dead, or started from an image that has changed since.
    func sweep() async {
        for kind in shelves.keys {
            let generation = await generation(of: kind)
            guard var shelf = shelves[kind] else { continue }
            var leaving = shelf.expire(policy: policy, at: clock())
            if let known = shelf.generation, known != generation { leaving += shelf.removeAll() }
            shelf.generation = generation
            shelves[kind] = shelf.isEmpty ? nil : shelf
            for handle in leaving { handle.discard() }
            await removeDead(kind)
            fill(kind)
        }
    }

    private func generation(of kind: PoolKind) async -> String {
        switch kind {
        case .empty: await (driver as? any ImagePreparing)?.imageGeneration() ?? ""
        case .interpreter(let key): await warm?.generation(of: key) ?? ""
        }
    }

    private func removeDead(_ kind: PoolKind) async {
        for handle in shelves[kind]?.ready ?? [] where await !handle.isAlive {
            guard var shelf = shelves[kind] else { return }
            shelf.keep(shelf.ready.filter { ObjectIdentifier($0) != ObjectIdentifier(handle) })
            shelves[kind] = shelf
            handle.discard()
        }
    }

    /// Makes no more, and gives back what there is; returns when nothing is on its way.
    func close() async {
        isClosed = true
        for task in fills.values { await task.value }
        for kind in shelves.keys {
            for handle in shelves[kind]?.removeAll() ?? [] { await handle.destroy() }
        }
        shelves = [:]
    }

    /// Kinds that are kept, or have been asked for.
    var kindCount: Int { shelves.count }

    /// What a namespace has in it.
    func standings(of namespace: NamespaceName) -> [QuotaStanding] {
        let own = shelves.filter { $0.key.namespace == namespace }
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
    var readyCount: Int { shelves.values.reduce(0) { $0 + $1.ready.count } }

    // MARK: - Filling

    /// Sandboxes of all kinds that are ready or on their way.
    private var capacity: Int { policy.ceiling * Self.fullShelves }

    private func fill(_ kind: PoolKind) {
        guard !isClosed, var shelf = shelves[kind] else { return }
        let missing = shelf.missing(at: clock())
        guard missing > 0 else { return }
        let count = min(missing, room(for: kind.namespace, filling: shelf.filling))
        guard count > 0 else { return }
        shelf.began(count)
        shelves[kind] = shelf
        for _ in 0..<count {
            let number = nextFill
            nextFill += 1
            fills[number] = Task {
                await fillOne(kind)
                fills[number] = nil
            }
        }
    }

    /// How many more may be begun for a kind of this namespace, of which `filling` are on their way.
    private func room(for namespace: NamespaceName?, filling: Int) -> Int {
        var taken = 0
        var held = 0
        var ownFills = 0
        for (kind, shelf) in shelves {
            taken += shelf.held
            guard kind.namespace == namespace else { continue }
            held += shelf.held
            ownFills += shelf.filling
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
    private func fillNext(after kind: PoolKind) {
        fill(kind)
        for other in shelves.keys where other != kind && other.namespace == kind.namespace { fill(other) }
    }

    private func fillOne(_ kind: PoolKind) async {
        if shelves[kind]?.generation == nil {
            // Before the first is made: the image may change while it is.
            let generation = await generation(of: kind)
            if shelves[kind]?.generation == nil { shelves[kind]?.generation = generation }
        }
        do throws(OutpostError) {
            let handle = try await make(kind)
            guard shelves[kind] != nil, !isClosed else { return handle.discard() }
            shelves[kind]?.finished(handle)
        } catch {
            logger.warning(
                "no warm sandbox can be made; runs start cold",
                metadata: ["kind": "\(kind)", "error": "\(error)"])
            shelves[kind]?.failed(at: clock())
        }
        fillNext(after: kind)
    }

    private func make(_ kind: PoolKind) async throws(OutpostError) -> any RunningSandbox {
        switch kind {
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
    /// So many shelves may be full at one time.
    private static let fullShelves = 4
}
