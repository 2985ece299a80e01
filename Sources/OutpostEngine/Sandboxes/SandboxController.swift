// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// One sandbox: its record, who runs in it, and, for a stateful one, whether it is up.
actor SandboxController {
    private var record: Sandbox
    private let driver: any SandboxDriver
    private let unloadAfter: Duration
    private let clock: WallClock
    private let quotas: QuotaLedger
    private let queueLimit: Int
    private let tasks = TaskOwner()
    private var queue = RunQueue()
    private var waiters: [RunQueue.Ticket: CheckedContinuation<OutpostError?, Never>] = [:]
    private var runs: [ExecutionID: Task<Result<Execution, OutpostError>, Never>] = [:]
    private var isDeleted = false
    /// Why no run may start any more; one whose turn has come and that has not started hears it too.
    private var refusal: OutpostError?
    private var lifecycle = InstanceLifecycle<any RunningSandbox>()
    /// The start of the instance that is being brought up.
    private var starting: Task<Result<any RunningSandbox, OutpostError>, Never>?
    private var unloading: Task<Void, Never>?

    /// - Parameters:
    ///   - quotas: where runs that wait and instances that are up are written down.
    ///   - queueLimit: runs that may wait for their turn.
    init(
        _ record: Sandbox, driver: any SandboxDriver, unloadAfterSeconds: Int, clock: @escaping WallClock,
        quotas: QuotaLedger = QuotaLedger(), queueLimit: Int = 128
    ) {
        self.record = record
        self.driver = driver
        self.clock = clock
        self.quotas = quotas
        self.queueLimit = queueLimit
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

    /// Waits for its turn, goes in by `admission`, then runs `body`, which gets the record and a way to a sandbox that is up.
    ///
    /// What waits holds no place among the runs: else those of one sandbox would keep the whole server from everybody.
    ///
    /// - Throws: `not_found` when the sandbox is deleted before or meanwhile, `rate_limited` when too many wait, and what
    ///   `admission` and `body` throw.
    func run(
        _ id: ExecutionID, concurrent: Bool, admission: RunAdmission? = nil,
        _ body: @escaping @Sendable (Sandbox, SandboxController) async throws(OutpostError) -> Execution
    ) async throws(OutpostError) -> Execution {
        let isOrdered = record.mode == .stateful
        try await takeTurn(concurrent: concurrent || !isOrdered)
        do throws(OutpostError) {
            try admission?.enter()
        } catch {
            endTurn(concurrent: concurrent || !isOrdered)
            throw error
        }
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
        admission?.leave()
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
    func tearDown() async {
        await unload()
        await tasks.wait()
    }

    /// Cancels what runs, refuses what waits for its turn or comes later with `error`, and returns when nothing runs.
    func cancelRuns(refusing error: OutpostError) async {
        refusal = refusal ?? error
        for ticket in queue.withdrawAll() { waiters.removeValue(forKey: ticket)?.resume(returning: error) }
        let tasks = Array(runs.values)
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.value }
    }

    // MARK: - Turns

    private func takeTurn(concurrent: Bool) async throws(OutpostError) {
        if let refusal { throw refusal }
        if !concurrent, queue.isBusy { try reserveQueuePlace() }
        if let ticket = queue.arrive(concurrent: concurrent) {
            let problem = await waitForTurn(ticket)
            quotas.give(.waitingRuns, in: record.namespace)
            if let problem { throw problem }
        }
        // Between the call of its ticket and here it was neither waiting nor running, so nobody could refuse or cancel it.
        guard let refusal else { return }
        endTurn(concurrent: concurrent)
        throw refusal
    }

    private func reserveQueuePlace() throws(OutpostError) {
        guard queue.count < queueLimit else {
            throw OutpostError(
                .rateLimited,
                "\(queue.count) runs already wait for the sandbox \(record.id), which is the limit",
                retryAfter: 1)
        }
        try quotas.take(.waitingRuns, in: record.namespace)
    }

    /// Nil when it is this run's turn.
    private func waitForTurn(_ ticket: RunQueue.Ticket) async -> OutpostError? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiters[ticket] = $0 }
        } onCancel: {
            tasks.run { await self.withdraw(ticket) }
        }
    }

    private func withdraw(_ ticket: RunQueue.Ticket) {
        queue.withdraw(ticket)
        waiters.removeValue(forKey: ticket)?.resume(returning: Self.withdrawn)
    }

    private static let withdrawn = OutpostError(.conflict, "the run was cancelled before it started")

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
    ///
    /// - Throws: `rate_limited` when the namespace has too many sandboxes up, and what the driver throws.
    func live(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        while true {
            switch lifecycle.ask() {
            case .start(let number): return try await start(spec, number)
            case .join:
                if let starting { return try await starting.value.get() }
            case .use(let instance, let number):
                if await instance.isAlive { return instance }
                // It may be on its way out still; its disk is free when that is done.
                try await waitForTeardown(of: instance, number)
            case .wait(let instance, let number): try await waitForTeardown(of: instance, number)
            }
        }
    }

    private func start(_ spec: SandboxSpec, _ number: Int) async throws(OutpostError) -> any RunningSandbox {
        do throws(OutpostError) {
            try quotas.take(.liveSandboxes, in: record.namespace)
        } catch {
            _ = lifecycle.failed(number)
            throw error
        }
        let task = Task { [driver] () async -> Result<any RunningSandbox, OutpostError> in
            do throws(OutpostError) { return .success(try await driver.create(spec)) } catch { return .failure(error) }
        }
        starting = task
        let result = await task.value
        starting = nil
        do throws(OutpostError) {
            let instance = try result.get()
            lifecycle.started(number, instance)
            return instance
        } catch {
            if lifecycle.failed(number) { quotas.give(.liveSandboxes, in: record.namespace) }
            throw error
        }
    }

    /// How long a call waits for the end of an instance that was up before.
    private static let patienceSeconds = 10
    private static let heldUp = OutpostError(
        .unavailable, "the sandbox's earlier run was killed, but a process of it has not ended yet", cause: HeldUp(),
        retryAfter: 10
    )

    /// Room made elsewhere does not help.
    struct HeldUp: Error {}

    /// Waits until nothing is left of an instance.
    ///
    /// - Throws: `unavailable` when the kernel does not let it go.
    private func waitForTeardown(of instance: any RunningSandbox, _ number: Int) async throws(OutpostError) {
        guard await instance.isDestroyed(within: Self.patienceSeconds) else { throw Self.heldUp }
        ended(number)
    }

    private func ended(_ number: Int) {
        if lifecycle.ended(number) { quotas.give(.liveSandboxes, in: record.namespace) }
    }

    /// When it was used last, for one that is up and idle; nil for any other.
    var idleSince: Timestamp? {
        runs.isEmpty && !queue.isBusy && lifecycle.instance != nil ? record.lastUsedAt : nil
    }

    /// Gives back processes and mounts when the sandbox is idle; true when there was something to give back.
    @discardableResult
    func unloadIfIdle() async -> Bool {
        guard runs.isEmpty, lifecycle.instance != nil else { return false }
        await unload()
        return true
    }

    private func unload() async {
        unloading?.cancel()
        if let starting { _ = await starting.value }
        if let (old, number) = lifecycle.leave() {
            // A run that comes meanwhile must find the disk free, so it waits for this like for a start.
            tasks.run { await self.leave(old, number) }
        }
        guard case .leaving(let instance, let number) = lifecycle.state else { return }
        // Others may wait for this, who have nothing to do with what holds it up.
        if await instance.isDestroyed(within: Self.patienceSeconds) { ended(number) }
    }

    private func leave(_ old: any RunningSandbox, _ number: Int) async {
        await old.destroy()
        ended(number)
    }

    /// Waits for an instance that is on its way out.
    ///
    /// - Throws: `unavailable` when the kernel does not let it go.
    func waitForTeardown() async throws(OutpostError) {
        while case .leaving(let instance, let number) = lifecycle.state {
            try await waitForTeardown(of: instance, number)
        }
    }

    private func scheduleUnload() {
        guard record.mode == .stateful, !isDeleted else { return }
        unloading?.cancel()
        unloading = Task { [weak self, unloadAfter] in
            do { try await Task.sleep(for: unloadAfter) } catch { return }
            await self?.unloadIfIdle()
        }
    }
}
