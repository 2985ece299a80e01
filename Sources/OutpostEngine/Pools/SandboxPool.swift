// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostDrivers

/// Sandboxes with an interpreter that waits for its program, made before they are asked for. Each is handed out once.
actor SandboxPool {
    /// What stateful sandboxes keep for themselves.
    nonisolated let spares: SpareInterpreters
    private let driver: any IsolationDriver
    private let policy: PoolPolicy
    private let metrics: EngineMetrics
    private let clock: WallClock
    private let logger: Logger
    private var shelves: [StartingPoint: PoolShelf<any SandboxHandle>] = [:]
    /// What has come up before: from then on, a sandbox that is missing is worth waiting for.
    private var proven: Set<Origin> = []
    private var fills: [Int: Task<Void, Never>] = [:]
    private var nextFill = 0
    private var isClosed = false

    init(
        driver: any IsolationDriver, policy: PoolPolicy, metrics: EngineMetrics, clock: @escaping WallClock,
        logger: Logger
    ) {
        spares = SpareInterpreters(limit: policy.ceiling)
        self.driver = driver
        self.policy = policy
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    /// A sandbox for programs with this starting point, now or as soon as one can be forked; nil when the sandbox must be
    /// started from nothing.
    func take(_ start: StartingPoint) async -> (any SandboxHandle)? {
        guard policy.ceiling > 0, !isClosed else { return nil }
        while true {
            // What is kept must not grow with what clients think of.
            guard shelves[start] != nil || shelves.count < Self.mostShelves else { return await fork(start) }
            var shelf = shelves[start] ?? PoolShelf(policy: policy, at: clock())
            let handle = shelf.take(policy: policy, at: clock())
            shelves[start] = shelf
            // While there is another, the run that begins now has the machine to itself.
            if shelf.ready.isEmpty { fill(start) }
            guard let handle else {
                return await fork(start)
            }
            if await handle.isAlive {
                metrics.countPool(hit: true)
                return handle
            }
            handle.discard()
        }
    }

    /// A run that took a sandbox is over: another takes its place.
    func replace(_ start: StartingPoint) { fill(start) }

    /// Starts to keep sandboxes for programs with this starting point.
    func expect(_ start: StartingPoint) {
        guard policy.ceiling > 0, policy.floor > 0, shelves[start] == nil else { return }
        shelves[start] = PoolShelf(policy: policy, at: clock())
        fill(start)
    }

    /// Gives back what is too many, dead, or started from an image that has changed since.
    func sweep() async {
        for start in shelves.keys {
            let generation = await driver.generation(of: start)
            guard var shelf = shelves[start] else { continue }
            var leaving = shelf.expire(policy: policy, at: clock())
            if let known = shelf.generation, known != generation { leaving += shelf.removeAll() }
            shelf.generation = generation
            shelves[start] = shelf.isEmpty ? nil : shelf
            for handle in leaving { handle.discard() }
            await removeDead(start)
            fill(start)
        }
    }

    private func removeDead(_ start: StartingPoint) async {
        for handle in shelves[start]?.ready ?? [] where await !handle.isAlive {
            guard var shelf = shelves[start] else { return }
            shelf.keep(shelf.ready.filter { ObjectIdentifier($0) != ObjectIdentifier(handle) })
            shelves[start] = shelf
            handle.discard()
        }
    }

    /// Makes no more, and gives back what there is; returns when nothing is on its way.
    func close() async {
        isClosed = true
        for task in fills.values { await task.value }
        for start in shelves.keys {
            for handle in shelves[start]?.removeAll() ?? [] { await handle.destroy() }
        }
        shelves = [:]
    }

    /// Sandboxes that are ready.
    var readyCount: Int { shelves.values.reduce(0) { $0 + $1.ready.count } }

    // MARK: - Filling

    private func fill(_ start: StartingPoint) {
        guard !isClosed, var shelf = shelves[start] else { return }
        // More at a time would only get into each other's way, and the way of the programs that run.
        let total = shelves.values.reduce(0) { $0 + $1.ready.count + $1.filling }
        let count = min(
            shelf.missing(at: clock()), Self.fillsAtOnce - shelf.filling, policy.ceiling * Self.fullShelves - total)
        guard count > 0 else { return }
        shelf.began(count)
        shelves[start] = shelf
        for _ in 0..<count {
            let number = nextFill
            nextFill += 1
            fills[number] = Task {
                await fillOne(start)
                fills[number] = nil
            }
        }
    }

    private func fillOne(_ start: StartingPoint) async {
        do throws(OutpostError) {
            let handle = try await driver.launch(start)
            proven.insert(Origin(start))
            guard shelves[start] != nil, !isClosed else { return handle.discard() }
            shelves[start]?.finished(handle)
        } catch {
            logger.warning(
                "no sandbox can be held ready; runs start from nothing",
                metadata: ["program": "\(start.program.arguments)", "error": "\(error)"])
            proven.remove(Origin(start))
            shelves[start]?.failed(at: clock())
        }
        fill(start)
    }

    /// A sandbox that is made now.
    private func fork(_ start: StartingPoint) async -> (any SandboxHandle)? {
        metrics.countPool(hit: false)
        return start.starter.isCopied && proven.contains(Origin(start)) ? await launch(start) : nil
    }

    private func launch(_ start: StartingPoint) async -> (any SandboxHandle)? {
        do throws(OutpostError) {
            return try await driver.launch(start)
        } catch {
            logger.warning("a run starts from nothing", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private static let fillsAtOnce = 2
    private static let mostShelves = 32
    /// So many shelves may be full at one time.
    private static let fullShelves = 4

    /// What an interpreter is copied from, whatever the limits of the copy.
    private struct Origin: Hashable {
        let starter: Starter
        let arguments: [String]

        init(_ start: StartingPoint) {
            starter = start.starter
            arguments = start.program.arguments
        }
    }
}
