// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire
import Synchronization

/// A live sandbox: its agent and its programs.
@Reactor
final class NamespaceSandbox: WarmSandbox {
    /// The number of its uid range.
    let slot: UInt32
    /// The host's id of its first process.
    let process: Int32
    let spawner: SpawnerClient
    private let slots: UIDRangePool
    let filters: SeccompFilters
    /// Run the calls that may wait for a program of the sandbox.
    let threads: BlockingPool
    private var setup: SetupReport?
    var channel: AgentChannel?
    private(set) var lifecycle = SandboxLifecycle() { didSet { noteLife() } }
    /// The callers that wait for the end of `destroy`.
    private var waiters: [CheckedContinuation<Void, Never>] = []
    var processes = ProcessTable()
    /// Whether all processes are frozen.
    var isPaused = false
    let transport: Transport
    /// The warm interpreter that was started with the sandbox, as process 1.
    var waiting: WaitingProgram? { didSet { noteLife() } }
    /// The number of calls of `start` in progress.
    private var starts = 0
    /// The runs of programs, until nothing is left of them.
    var running: Set<UInt64> = []
    /// The warm interpreter in a sandbox that outlives its programs.
    var spare: Spare?
    /// A run that was prepared before its program was known, and its limits.
    var preparedRun: (run: NamespaceRun, limits: ResourceLimits)?
    /// The end of the preparation in progress.
    var preparation: Milestone?
    /// The limits of the last program.
    private var lastLimits: ResourceLimits?
    /// The `cgroup.procs` descriptors of runs whose program has not been sent to the agent.
    var cgroupProcs: [UInt64: [Descriptor]] = [:]
    /// Nanoseconds that the last start of a warm interpreter took in this sandbox.
    var lastStart: UInt64?
    /// The spec of the sandbox. Nil for a forked interpreter, whose agent starts no other program.
    let spec: SandboxSpec?
    /// Whether the end need not wait for the unmount of the disk.
    private var releasesDiskEarly = false
    private let onDestroyed: @Reactor (_ isUnmounted: Bool) async -> Void
    let endingTimes: EndingLimit.Times
    nonisolated let heldUp = Atomic(false)
    /// Whether the sandbox is up and has no warm interpreter, for callers on other threads.
    private nonisolated let isPlainlyUp = Atomic(false)
    private var timedWaiters = TimedWaiters()
    /// Reads and writes files and opens ports in the sandbox. It starts with the first request.
    private(set) lazy var worker = SandboxWorker(tasks: spawner.tasks, sendsPipes: !transport.isFramed) {
        [weak self] connection throws(OutpostError) in
        guard let self else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        return try await startWorker(connection)
    }

    init(
        slot: UInt32, process: Int32, spawner: SpawnerClient, slots: UIDRangePool, filters: SeccompFilters,
        agent: AgentLink, setup: Descriptor, threads: BlockingPool, spec: SandboxSpec? = nil,
        endingTimes: EndingLimit.Times = EndingLimit.Times(), transport: Transport = .descriptors,
        onDestroyed: @escaping @Reactor (_ isUnmounted: Bool) async -> Void
    ) throws(SystemError) {
        self.transport = transport
        self.endingTimes = endingTimes
        self.threads = threads
        self.slot = slot
        self.process = process
        self.spawner = spawner
        self.slots = slots
        self.filters = filters
        self.onDestroyed = onDestroyed
        self.spec = spec
        channel = try AgentChannel(
            agent, bytesAtOnce: transport.bytesAtOnce, onEvent: { [weak self] in self?.handle($0) },
            onEnd: { [weak self] in self?.agentEnded($0) })
        self.setup = try SetupReport(setup, spawner.crowds) { [weak self] in self?.die($0) }
        noteLife()
    }

    /// Launches a sandbox with the spawner.
    ///
    /// - Throws: the spawner's error. Nothing of the sandbox is left then.
    static func launch(
        _ spec: SandboxSpec, slot: UInt32, isZygote: Bool = false, spawner: SpawnerClient, slots: UIDRangePool,
        filters: SeccompFilters, threads: TenantThreads, transport: Transport = .descriptors,
        onDestroyed: @escaping @Reactor (_ isUnmounted: Bool) async -> Void = { _ in }
    ) async throws -> NamespaceSandbox {
        let (link, theirs) = try AgentLink.make()
        let request = try LaunchRequest(spec, slot: slot, isZygote: isZygote)
        let (reply, descriptors) = try await spawner.call(.launch(request), theirs)
        for end in theirs { end.closeNow() }
        guard case .launched(let process) = reply, let setup = descriptors.first else {
            // This process had no room for the descriptors, but the sandbox exists.
            _ = try await spawner.call(.destroy(slot: slot))
            throw WireError("answer to launch")
        }
        do throws(SystemError) {
            return try NamespaceSandbox(
                slot: slot, process: process, spawner: spawner, slots: slots, filters: filters, agent: link,
                setup: setup, threads: threads[spec.namespace], spec: spec, transport: transport,
                onDestroyed: onDestroyed)
        } catch {
            // Without this the uid range would never be free again.
            _ = try await spawner.call(.destroy(slot: slot))
            throw error
        }
    }

    /// Whether no program runs or is being started.
    var isIdle: Bool { starts == 0 && running.isEmpty }

    /// Each call on a sandbox asks this first, so it rarely changes to the reactor's thread.
    nonisolated var isAlive: Bool {
        get async { if isPlainlyUp.load(ordering: .acquiring) { true } else { await isUsable } }
    }

    /// A sandbox that was started with a warm interpreter is of no use without it.
    var isUsable: Bool {
        lifecycle.isUp && (waiting.map(\.isReady) ?? true)
    }

    private func noteLife() { isPlainlyUp.store(lifecycle.isUp && waiting == nil, ordering: .releasing) }

    func start(
        _ program: ProgramSpec, listener: any ProcessListener
    ) async throws(OutpostError) -> any RunningProcess {
        starts += 1
        defer { starts -= 1 }
        if let waiting { return try await begin(program, in: waiting, listener) }
        let arrival = monotonicNanoseconds()
        if let expected = spare?.program, await isReady(expected, for: program), let spare, spare.program.isReady {
            // The run of the interpreter is now the run of the program.
            self.spare = nil
            return try await begin(
                program, in: spare.program, number: spare.number, isFrozen: spare.isFrozen,
                after: monotonicNanoseconds() - arrival, listener)
        }
        let waited = monotonicNanoseconds() - arrival
        await cancelWarm()
        var program = program
        if program.isInterleaved { program.environment = NodeFiles.ordered(program.environment) }
        return try await start(
            program.warm.flatMap(WarmInterpreter.init)?.kind == .python ? PythonFiles.coldStart(of: program) : program,
            channel: [], filters: program.seccompEnabled ? filters[program.preset] : [], listener: listener,
            after: waited)
    }

    /// Starts a program cold.
    ///
    /// - Parameters:
    ///   - channel: become the program's descriptors from 3 on.
    ///   - isZygote: whether the program is a zygote. Some limits would apply to all its forks together, and are not
    ///     set.
    ///   - waited: nanoseconds of the program's wall time that have already passed.
    func start(
        _ program: ProgramSpec, channel: [Descriptor], filters: [[UInt8]], listener: any ProcessListener,
        isZygote: Bool = false, after waited: UInt64 = 0
    ) async throws(OutpostError) -> NamespaceProcess {
        let run = try await prepare(program, isZygote: isZygote)
        running.insert(run.id)
        lastLimits = program.limits
        let process = NamespaceProcess(run, in: self)
        listener.begins(process, after: waited)
        do throws(SystemError) {
            try run.begin(program, listener: listener)
        } catch {
            run.end(.sandboxDied)
        }
        process.number = send(program, run, channel: channel, filters: filters, isZygote: isZygote)
        return process
    }

    /// Sends a signal to a process or to its group.
    func signal(_ signal: Int32, process: UInt32, group: Bool) {
        channel?.send(.signal(process: process, signal: signal, group: group))
    }

    /// Sets the size of a process's terminal.
    func resize(_ size: ProcessTerminal, process: UInt32) {
        channel?.send(.resize(process: process, TerminalSize(size)))
    }

    /// Waits for the end of a process, and ends its run.
    func end(of run: NamespaceRun, number: UInt32) async -> Result<ProcessExit, OutpostError> {
        await ended(run, number: number, await run.waitForEnd())
    }

    /// It is a function of its own so that the waiting task keeps no room for it.
    private func ended(
        _ run: NamespaceRun, number: UInt32, _ ending: NamespaceRun.Ending
    ) async -> Result<ProcessExit, OutpostError> {
        processes.ended(number)
        defer {
            running.remove(run.id)
            processes.forget(number)
        }
        do throws(OutpostError) {
            let (usage, isLeft) = try await finish(run, ending)
            if let lastLimits { prepareNextRun(lastLimits) }
            return .success(
                ProcessExit(
                    ProcessExit.End(ending), isOutOfMemory: run.isOutOfMemory, usage: usage.map(ProcessUsage.init),
                    isLeft: isLeft))
        } catch {
            return .failure(error)
        }
    }

    /// Ends every run as out of memory. Ends the sandbox when nothing runs.
    nonisolated func endForMemory() {
        Reactor.perform { [weak self] in
            guard let self else { return }
            guard !processes.isEmpty else {
                return die(SystemError("limit the memory in sockets", number: SystemError.noMemory))
            }
            for run in processes.all { run.endForMemory() }
        }
    }

    nonisolated func discard() {
        spawner.tasks.run { await self.destroy() }
    }

    nonisolated var isHeldUp: Bool { heldUp.load(ordering: .acquiring) }

    func isDestroyed(within seconds: Int) async -> Bool {
        if lifecycle.isDestroyed { return true }
        discard()
        return await timedWaiters.wait(seconds: seconds)
    }

    func destroy() async {
        switch lifecycle.destroy() {
        case .nothing: return
        case .wait: return await withCheckedContinuation { waiters.append($0) }
        case .begin: break
        }
        processes.endAll()
        worker.end()
        release()
        let isRetired = await retire()
        // A spawner that is gone has ended the sandbox.
        if !isRetired { _ = try? await spawner.call(.destroy(slot: slot)) }
        if let waiting {
            self.waiting = nil
            await end(waiting)
        }
        await cancelWarm()
        await preparation?.wait()
        await endPreparedRun()
        slots.release(slot)
        // This releases the sandbox's disk. The callers that wait may start the next instance on this disk.
        await onDestroyed(!isRetired)
        guard lifecycle.finish() else { return }
        for waiter in waiters { waiter.resume() }
        waiters = []
        timedWaiters.end()
    }

    func releaseDiskEarly() { releasesDiskEarly = true }

    /// Kills the sandbox and makes its disk durable, if it should not wait for the unmount.
    ///
    /// - Returns: whether that is done. Otherwise the sandbox must be destroyed.
    private func retire() async -> Bool {
        guard releasesDiskEarly, let (reply, _) = try? await spawner.call(.retire(slot: slot)) else { return false }
        return reply == .done
    }

    // MARK: - The agent

    private func handle(_ event: GuestEvent) {
        do throws(WireError) { try processes.handle(event) } catch { die(error) }
    }

    private func agentEnded(_ error: WireError?) {
        die(error ?? SystemError("talk to the guest agent", number: SystemError.connectionReset))
    }

    /// Gives up the sandbox after a failure. All its programs count as ended.
    func die(_ cause: any Error) {
        // After a failed set-up the socket ends too. The set-up failure is the better error.
        guard lifecycle.lose(setup?.failure ?? cause) else { return }
        processes.endAll()
        release()
        discard()
    }

    private func release() {
        setup?.end()
        setup = nil
        channel?.close()
        channel = nil
    }
}
