// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// One sandbox: its record, its runs, and the live instance of a stateful sandbox.
actor SandboxController {
    var record: Sandbox
    private let driver: any SandboxDriver
    private let unloadAfter: Duration
    private let clock: WallClock
    /// The last events of the sandbox.
    nonisolated let events: SandboxEventLog
    /// Orders pauses, changes of the record and work on the disk.
    let changes = ChangeOrder()
    private let quotas: QuotaLedger
    private let queueLimit: Int
    private let tasks = TaskOwner()
    private var queue = RunQueue()
    private var waiters: [RunQueue.Ticket: CheckedContinuation<OutpostError?, Never>] = [:]
    private(set) var runs: [ExecutionID: Task<Result<Execution, OutpostError>, Never>] = [:]
    /// The number of holds of each kind.
    private(set) var holds: [SandboxHold.Kind: Int] = [:]
    /// The tickets of the waiting runs.
    private var tickets: [ExecutionID: RunQueue.Ticket] = [:]
    private(set) var isDeleted = false
    /// Why no run may start any more. A run whose turn has come but that has not started gets this error too.
    private(set) var refusal: OutpostError?
    private(set) var lifecycle = InstanceLifecycle<any RunningSandbox>()
    /// The start in progress of the instance.
    private(set) var starting: Task<Result<any RunningSandbox, OutpostError>, Never>?
    private(set) var unloading: Task<Void, Never>?
    /// Whether the sandbox is paused. Nothing may start in it then.
    var isPaused = false
    /// Whether the processes are frozen to save memory. The next call that reaches them thaws them.
    var isFrozen = false
    private var reachedAt: Timestamp?
    /// The end of the work on the disk of the sandbox, which must not be up meanwhile. Nil when there is none.
    var diskWork: Milestone?
    /// What the earlier instances have used.
    var usedBefore = SandboxUsage()

    /// Creates the controller of a sandbox.
    ///
    /// - Parameters:
    ///   - quotas: counts waiting runs and live instances.
    ///   - queueLimit: maximum number of waiting runs.
    init(
        _ record: Sandbox, driver: any SandboxDriver, unloadAfterSeconds: Int, clock: @escaping WallClock,
        quotas: QuotaLedger = QuotaLedger(), queueLimit: Int = 128
    ) {
        self.record = record
        self.driver = driver
        self.clock = clock
        events = SandboxEventLog(clock: clock)
        self.quotas = quotas
        self.queueLimit = queueLimit
        unloadAfter = .seconds(unloadAfterSeconds)
    }

    /// The record with the current status.
    var sandbox: Sandbox {
        var now = record
        if isDeleted {
            now.status = .deleting
        } else if isPaused {
            now.status = .paused
        } else if !isQuiet {
            now.status = .running
        }
        return now
    }

    /// Whether nothing runs in the sandbox and nothing holds it.
    var isQuiet: Bool { runs.isEmpty && holds.isEmpty }

    /// The last use and the expiry, for the store.
    var usage: (lastUsedAt: Timestamp, expiresAt: Timestamp?) { (record.lastUsedAt, record.expiresAt) }

    /// The number of waiting runs.
    var waiting: Int { waiters.count }

    /// Waits for the run's turn and for admission, and then runs `body`.
    ///
    /// A waiting run is not admitted yet. Otherwise the waiting runs of one sandbox could use up the server's maximum
    /// of runs.
    ///
    /// - Parameter isCancelled: whether the run was cancelled. It must become true before the call of `cancel`.
    /// - Throws: `not_found` when the sandbox is deleted; `conflict` when it is paused or the run was cancelled before its
    ///   start; `rate_limited` when too many runs wait; the errors of
    ///   `admission` and `body`.
    func run(
        _ id: ExecutionID, concurrent: Bool, admission: RunAdmission? = nil,
        isCancelled: @Sendable () -> Bool = { false },
        _ body: @escaping @Sendable (Sandbox, SandboxController) async throws(OutpostError) -> Execution
    ) async throws(OutpostError) -> Execution {
        try checkNotPaused()
        let isOrdered = record.mode == .stateful
        try await takeTurn(id, concurrent: concurrent || !isOrdered)
        do throws(OutpostError) {
            try await awaken()
            if let refusal { throw refusal }
            if isCancelled() { throw Self.withdrawn }
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
        // Only a run that got a sandbox is a use. Recovery expects a disk for each used sandbox.
        if case .success(let execution) = result {
            events.add(execution)
            if execution.status != .sandboxError { touch() }
        }
        endTurn(concurrent: concurrent || !isOrdered)
        return try result.get()
    }

    /// Cancels a run, also one that waits for its turn. Returns at once.
    func cancel(_ id: ExecutionID) {
        if let run = runs[id] { return run.cancel() }
        if let ticket = tickets[id] { withdraw(ticket) }
    }

    /// Cancels all runs and refuses new and waiting ones with `not_found`. Returns when no program runs.
    func close() async {
        isDeleted = true
        await cancelRuns(refusing: SandboxService.missing(record.id))
    }

    /// Destroys the instance of a closed sandbox. Returns when nothing of it is left and its disk is not used any more.
    func tearDown() async {
        await diskWork?.wait()
        await unload()
        await tasks.wait()
    }

    /// Cancels all runs, refuses new and waiting runs with `error`, and returns when nothing runs.
    func cancelRuns(refusing error: OutpostError) async {
        refusal = refusal ?? error
        for ticket in queue.withdrawAll() { waiters.removeValue(forKey: ticket)?.resume(returning: error) }
        let tasks = Array(runs.values)
        for task in tasks { task.cancel() }
        // Only a sandbox that goes on can report the ends of its runs.
        await endPause()
        for task in tasks { _ = await task.value }
    }

    // MARK: - Turns

    func takeTurn(_ id: ExecutionID, concurrent: Bool) async throws(OutpostError) {
        if let refusal { throw refusal }
        if !concurrent, queue.isBusy { try reserveQueuePlace() }
        if let ticket = queue.arrive(concurrent: concurrent) {
            tickets[id] = ticket
            let problem = await waitForTurn(ticket)
            tickets[id] = nil
            quotas.give(.waitingRuns, in: record.namespace)
            if let problem { throw problem }
        }
        // When its turn came, this run was no longer waiting and not yet running. Therefore `cancelRuns` could not
        // reach it.
        guard let refusal else { return }
        endTurn(concurrent: concurrent)
        throw refusal
    }

    /// Checks the queue's length, and reserves the namespace's quota of waiting runs.
    private func reserveQueuePlace() throws(OutpostError) {
        guard queue.count < queueLimit else {
            throw OutpostError(
                .rateLimited,
                "\(queue.count) runs already wait for the sandbox \(record.id), which is the limit",
                retryAfter: 1)
        }
        try quotas.take(.waitingRuns, in: record.namespace)
    }

    /// Waits for the run's turn.
    ///
    /// - Returns: nil when the turn has come, otherwise why it will not come.
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

    func endTurn(concurrent: Bool) {
        if let next = queue.leave(concurrent: concurrent) {
            waiters.removeValue(forKey: next)?.resume(returning: nil)
        }
        if isQuiet { scheduleUnload() }
    }

    private func touch() {
        record.lastUsedAt = clock()
        record.expiresAt = Self.expiry(record)
    }

    /// Returns the earlier of the two expiry times that a sandbox can have. Nil when it has none.
    static func expiry(_ sandbox: Sandbox) -> Timestamp? {
        let byAge = sandbox.timeToLiveSeconds.map { sandbox.createdAt.advanced(bySeconds: Int64($0)) }
        let byIdleness = sandbox.onIdle == .delete ? idleEnd(sandbox) : nil
        return [byAge, byIdleness].compactMap(\.self).min()
    }

    /// When a sandbox that nobody uses has been idle for too long. Nil for never.
    private static func idleEnd(_ sandbox: Sandbox) -> Timestamp? {
        sandbox.idleTimeoutSeconds.map { sandbox.lastUsedAt.advanced(bySeconds: Int64($0)) }
    }

    /// Whether the sandbox has been idle for too long and must be paused.
    func isDueToPause(at moment: Timestamp) -> Bool {
        guard record.onIdle == .pause, !isPaused, isUnused, let seconds = record.idleTimeoutSeconds else {
            return false
        }
        return lastReachedAt.advanced(bySeconds: Int64(seconds)) <= moment
    }

    /// The last use, or the last call that reached something in the sandbox.
    var lastReachedAt: Timestamp { max(record.lastUsedAt, reachedAt ?? record.lastUsedAt) }

    /// Records that a call reaches something in the sandbox. Unlike a use it needs no disk.
    func reach() { reachedAt = clock() }

    /// Whether nobody uses the sandbox: no run or call is in progress. A process that nobody is attached to is no use.
    var isUnused: Bool { runs.isEmpty && holds[.call] == nil && !queue.isBusy && !isDeleted }

    /// Whether the sandbox has expired and nobody uses it. A process that nobody is attached to is no use, and neither is a
    /// paused run.
    func isExpired(at moment: Timestamp) -> Bool {
        guard let expiresAt = record.expiresAt, isPaused || runs.isEmpty && holds[.call] == nil, !isDeleted else {
            return false
        }
        return expiresAt <= moment
    }

    // MARK: - Holds

    /// Starts the sandbox if it is not running, and keeps it up until the hold is released.
    ///
    /// - Throws: `not_found` when the sandbox is deleted; `conflict` when it is paused; `unavailable` when the server stops;
    ///   the errors of `live`.
    func hold(_ spec: SandboxSpec, for kind: SandboxHold.Kind) async throws(OutpostError) -> SandboxHold {
        if let refusal { throw refusal }
        try checkNotPaused()
        holds[kind, default: 0] += 1
        unloading?.cancel()
        do throws(OutpostError) {
            try await waitForTeardown()
            try await awaken()
            let instance = try await live(spec)
            if let refusal { throw refusal }
            touch()
            return SandboxHold(instance, kind) { [tasks] in tasks.run { await self.release(kind) } }
        } catch {
            release(kind)
            throw error
        }
    }

    private func release(_ kind: SandboxHold.Kind) {
        holds[kind] = holds[kind].flatMap { $0 > 1 ? $0 - 1 : nil }
        if kind == .call { touch() }
        if isQuiet { scheduleUnload() }
    }

    // MARK: - The stateful instance

    /// Returns the live instance, and starts one if there is none. Concurrent calls share one start.
    ///
    /// - Throws: `conflict` when the sandbox is paused; `rate_limited` when the namespace has too many live sandboxes; the
    ///   driver's errors.
    func live(_ spec: SandboxSpec) async throws(OutpostError) -> any RunningSandbox {
        while true {
            while let work = diskWork {
                await work.wait()
                // The wait also ends when the task is cancelled.
                guard work.isReached else { throw Self.withdrawn }
            }
            try checkNotPaused()
            if record.status == .failed { throw SandboxService.lostFiles(record.id) }
            switch lifecycle.ask() {
            case .start(let number): return try await start(spec, number)
            case .join:
                if let starting { return try await starting.value.get() }
            case .use(let instance, let number):
                if await instance.isAlive { return instance }
                // It may still be shutting down. The disk is free only after that.
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
        // The layers may have changed since the caller asked.
        var spec = spec
        if case .disk = spec.storage { spec.layers = record.layers }
        let task = Task { [driver, spec] () async -> Result<any RunningSandbox, OutpostError> in
            do throws(OutpostError) { return .success(try await driver.create(spec)) } catch { return .failure(error) }
        }
        starting = task
        let result = await task.value
        starting = nil
        do throws(OutpostError) {
            let instance = try result.get()
            lifecycle.started(number, instance)
            events.add(.ready, .text("started"))
            return instance
        } catch {
            if lifecycle.failed(number) { quotas.give(.liveSandboxes, in: record.namespace) }
            throw error
        }
    }

    /// Seconds that a call waits for the end of the previous instance.
    private static let patienceSeconds = 10
    private static let heldUp = OutpostError(
        .unavailable, "the sandbox's earlier run was killed, but a process of it has not ended yet", cause: HeldUp(),
        retryAfter: 10
    )

    /// Marks an error that unloading other sandboxes does not resolve.
    struct HeldUp: Error {}

    /// Waits until an instance is destroyed.
    ///
    /// - Throws: `unavailable` when the kernel does not end a process of it in time.
    private func waitForTeardown(of instance: any RunningSandbox, _ number: Int) async throws(OutpostError) {
        guard await instance.isDestroyed(within: Self.patienceSeconds) else { throw Self.heldUp }
        ended(number)
    }

    private func ended(_ number: Int) {
        if lifecycle.ended(number) { quotas.give(.liveSandboxes, in: record.namespace) }
    }

    /// The last use of an idle live instance. Nil when the sandbox is not idle or not up.
    var idleSince: Timestamp? {
        isQuiet && !queue.isBusy && lifecycle.instance != nil ? record.lastUsedAt : nil
    }

    /// A paused sandbox keeps its memory, unless another one needs the room.
    private func unloadUnlessPaused() async {
        if !isPaused { await unloadIfIdle() }
    }

    /// Destroys the instance if the sandbox is idle. Its files stay.
    ///
    /// - Returns: whether there was an instance.
    @discardableResult
    func unloadIfIdle() async -> Bool {
        guard isQuiet, lifecycle.instance != nil else { return false }
        await unload()
        return true
    }

    /// Destroys the instance. Its files stay.
    ///
    /// - Parameter releasesDiskEarly: whether the disk may still be unmounted afterwards.
    func unload(releasesDiskEarly: Bool = false) async {
        unloading?.cancel()
        if let starting { _ = await starting.value }
        if let (old, number) = lifecycle.leave() {
            // An instance that has died cannot be asked any more.
            if let usage = try? await old.usage() { usedBefore.add(earlier: usage) }
            if releasesDiskEarly { await old.releaseDiskEarly() }
            // A new run must find the disk free. It waits for this teardown as it would for a start.
            tasks.run { await self.leave(old, number) }
        }
        guard case .leaving(let instance, let number) = lifecycle.state else { return }
        // The wait is limited, because callers wait for this that have nothing to do with the blocked process.
        if await instance.isDestroyed(within: Self.patienceSeconds) { ended(number) }
    }

    private func leave(_ old: any RunningSandbox, _ number: Int) async {
        await old.destroy()
        ended(number)
    }

    /// Waits until an instance that is being destroyed is gone.
    ///
    /// - Throws: `unavailable` when the kernel does not end a process of it in time.
    func waitForTeardown() async throws(OutpostError) {
        while case .leaving(let instance, let number) = lifecycle.state {
            try await waitForTeardown(of: instance, number)
        }
    }

    func scheduleUnload() {
        guard record.mode == .stateful, !isDeleted, !isPaused else { return }
        unloading?.cancel()
        unloading = Task { [weak self, unloadAfter] in
            do { try await Task.sleep(for: unloadAfter) } catch { return }
            await self?.unloadUnlessPaused()
        }
    }
}
