// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers

/// One sandbox: its record, who runs in it, and, for a stateful one, whether it is up.
actor SandboxSession {
    private var record: Sandbox
    private let driver: any IsolationDriver
    private let unloadAfter: Duration
    private let clock: WallClock
    private var queue = RunQueue()
    private var waiters: [RunQueue.Ticket: CheckedContinuation<OutpostError?, Never>] = [:]
    private var runs: [ExecutionID: Task<Result<Execution, OutpostError>, Never>] = [:]
    private var isDeleted = false
    private var instance: (any SandboxHandle)?
    private var starting: Task<Result<any SandboxHandle, OutpostError>, Never>?
    private var unloading: Task<Void, Never>?

    init(_ record: Sandbox, driver: any IsolationDriver, unloadAfterSeconds: Int, clock: @escaping WallClock) {
        self.record = record
        self.driver = driver
        self.clock = clock
        unloadAfter = .seconds(unloadAfterSeconds)
    }

    /// The sandbox as it is now.
    var sandbox: Sandbox {
        var now = record
        if isDeleted { now.status = .deleting } else if !runs.isEmpty { now.status = .running }
        return now
    }

    /// When it was used last and when it expires, to be written down.
    var usage: (lastUsedAt: Timestamp, expiresAt: Timestamp?) { (record.lastUsedAt, record.expiresAt) }

    /// Runs that wait for their turn.
    var waiting: Int { waiters.count }

    /// Waits for its turn, then runs `body`, which gets the record and a way to a sandbox that is up.
    ///
    /// - Throws: `not_found` when the sandbox is deleted before or meanwhile, and what `body` throws.
    func run(
        _ id: ExecutionID, concurrent: Bool,
        _ body: @escaping @Sendable (Sandbox, SandboxSession) async throws(OutpostError) -> Execution
    ) async throws(OutpostError) -> Execution {
        let isOrdered = record.mode == .stateful
        try await takeTurn(concurrent: concurrent || !isOrdered)
        let record = record
        unloading?.cancel()
        let task = Task { () async -> Result<Execution, OutpostError> in
            do throws(OutpostError) { return .success(try await body(record, self)) } catch { return .failure(error) }
        }
        runs[id] = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        runs[id] = nil
        // A call that was refused, or found no sandbox, is no use of it: recovery expects a disk of what was used.
        if case .success(let execution) = result, execution.status != .sandboxError { touch() }
        endTurn(concurrent: concurrent || !isOrdered)
        return try result.get()
    }

    /// Ends all runs and takes no more; what waits is refused. Returns when no program runs in it.
    func close() async {
        isDeleted = true
        await cancelRuns(refusing: SandboxService.missing(record.id))
    }

    /// Gives back what a closed sandbox holds; returns when nothing of it is up.
    func tearDown() async { await unload() }

    /// Cancels what runs, refuses what waits for its turn with `error`, and returns when nothing runs.
    func cancelRuns(refusing error: OutpostError) async {
        for ticket in queue.withdrawAll() { waiters.removeValue(forKey: ticket)?.resume(returning: error) }
        let tasks = Array(runs.values)
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.value }
    }

    // MARK: - Turns

    private func takeTurn(concurrent: Bool) async throws(OutpostError) {
        guard !isDeleted else { throw SandboxService.missing(record.id) }
        if let ticket = queue.arrive(concurrent: concurrent), let refusal = await wait(ticket) { throw refusal }
        guard isDeleted else { return }
        endTurn(concurrent: concurrent)
        throw SandboxService.missing(record.id)
    }

    /// Nil when it is this run's turn.
    private func wait(_ ticket: RunQueue.Ticket) async -> OutpostError? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiters[ticket] = $0 }
        } onCancel: {
            Task { await self.withdraw(ticket) }
        }
    }

    private func withdraw(_ ticket: RunQueue.Ticket) {
        queue.withdraw(ticket)
        waiters.removeValue(forKey: ticket)?.resume(returning: Self.withdrawn)
    }

    private static let withdrawn = OutpostError(.conflict, "the run was cancelled before its turn")

    private func endTurn(concurrent: Bool) {
        if let next = queue.leave(concurrent: concurrent) {
            waiters.removeValue(forKey: next)?.resume(returning: nil)
        }
        if runs.isEmpty { scheduleUnload() }
    }

    private func touch() {
        record.lastUsedAt = clock()
        record.expiresAt = Self.expiry(record)
    }

    /// The earlier of the two ends that a sandbox can have.
    static func expiry(_ sandbox: Sandbox) -> Timestamp? {
        let byAge = sandbox.timeToLiveSeconds.map { sandbox.createdAt.advanced(bySeconds: Int64($0)) }
        let byIdleness = sandbox.idleTimeoutSeconds.map { sandbox.lastUsedAt.advanced(bySeconds: Int64($0)) }
        return [byAge, byIdleness].compactMap(\.self).min()
    }

    /// Whether it has expired and nothing runs in it.
    func isExpired(at moment: Timestamp) -> Bool {
        guard let expiresAt = record.expiresAt, runs.isEmpty, !isDeleted else { return false }
        return expiresAt <= moment
    }

    // MARK: - The stateful instance

    /// The sandbox, up; brought up when it is not. Calls that come together share one start.
    func live(_ spec: SandboxSpec) async throws(OutpostError) -> any SandboxHandle {
        if let instance {
            if await instance.isAlive { return instance }
            // It may be on its way out still; its disk is free when that is done.
            await instance.destroy()
            self.instance = nil
        }
        if let starting { return try await starting.value.get() }
        let task = Task { [driver] () async -> Result<any SandboxHandle, OutpostError> in
            do throws(OutpostError) { return .success(try await driver.launch(spec)) } catch { return .failure(error) }
        }
        starting = task
        let result = await task.value
        starting = nil
        instance = try result.get()
        return try result.get()
    }

    /// Gives back processes and mounts when the sandbox is idle; true when there was something to give back.
    @discardableResult
    func unloadIfIdle() async -> Bool {
        guard runs.isEmpty, starting == nil, instance != nil else { return false }
        await unload()
        return true
    }

    private func unload() async {
        unloading?.cancel()
        if let starting { _ = await starting.value }
        let old = instance
        instance = nil
        guard let old else { return }
        // A run that comes meanwhile must find the disk free, so it waits for this like for a start.
        let task = Task { () async -> Void in await old.destroy() }
        ending = task
        await task.value
        ending = nil
    }

    private var ending: Task<Void, Never>?

    /// Waits for an instance that is on its way out.
    func settle() async { await ending?.value }

    private func scheduleUnload() {
        guard record.mode == .stateful, !isDeleted else { return }
        unloading?.cancel()
        unloading = Task { [weak self, unloadAfter] in
            do { try await Task.sleep(for: unloadAfter) } catch { return }
            await self?.unloadIfIdle()
        }
    }
}
