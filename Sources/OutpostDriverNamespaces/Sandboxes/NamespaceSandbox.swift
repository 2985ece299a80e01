// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire
import Synchronization

/// A sandbox that is up: its agent, and the programs that run in it.
@Reactor
final class NamespaceSandbox: WarmSandbox {
    private let slot: UInt32
    /// Its first process, as the host numbers it.
    let process: Int32
    private let spawner: SpawnerClient
    private let slots: UIDRangePool
    private let filters: SeccompFilters
    /// For what may wait for a program in here.
    private let threads: BlockingPool
    private var setup: SetupReport?
    private var channel: AgentChannel?
    private var lifecycle = SandboxLifecycle()
    /// Who waits for the end of `destroy`.
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var processes = ProcessTable()
    private let transport: Transport
    /// An interpreter that waits for its program, as program 1.
    private var waiting: WaitingProgram?
    /// Calls of `start` in progress.
    private var starts = 0
    /// Runs of programs that were started, until nothing is left of them.
    private var running: Set<UInt64> = []
    private var isIdle: Bool { starts == 0 && running.isEmpty }
    /// An interpreter that waits in a sandbox which outlives its programs.
    private struct Spare {
        let program: WaitingProgram
        let number: UInt32
        /// Whether the kernel holds it until its program is there.
        var isFrozen = false
    }

    private var spare: Spare?
    /// Nanoseconds that the last interpreter took which was started here to wait.
    private var lastStart: UInt64?
    /// What it was made as; nil for a copy of an interpreter, whose first process starts no other.
    private let spec: SandboxSpec?
    private let onDestroyed: @Reactor () async -> Void
    private let endingTimes: EndingLimit.Times
    private nonisolated let heldUp = Atomic(false)
    private var patientWaiters = PatientWaiters()

    init(
        slot: UInt32, process: Int32, spawner: SpawnerClient, slots: UIDRangePool, filters: SeccompFilters,
        agent: AgentLink, setup: Descriptor, threads: BlockingPool, spec: SandboxSpec? = nil,
        endingTimes: EndingLimit.Times = EndingLimit.Times(), transport: Transport = .descriptors,
        onDestroyed: @escaping @Reactor () async -> Void
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
        self.setup = try SetupReport(setup) { [weak self] in self?.die($0) }
    }

    /// Has the spawner bring a sandbox up.
    ///
    /// - Throws: the spawner's error; nothing of the sandbox is left then.
    static func launch(
        _ spec: SandboxSpec, slot: UInt32, isZygote: Bool = false, spawner: SpawnerClient, slots: UIDRangePool,
        filters: SeccompFilters, threads: TenantThreads, transport: Transport = .descriptors,
        onDestroyed: @escaping @Reactor () async -> Void = {}
    ) async throws -> NamespaceSandbox {
        let (link, theirs) = try AgentLink.make()
        let request = try LaunchRequest(spec, slot: slot, isZygote: isZygote)
        let (reply, descriptors) = try await spawner.call(.launch(request), theirs)
        for end in theirs { end.closeNow() }
        guard case .launched(let process) = reply, let setup = descriptors.first else {
            // This process has no room for more descriptors; the sandbox is there all the same.
            _ = try await spawner.call(.destroy(slot: slot))
            throw WireError("answer to launch")
        }
        do throws(SystemError) {
            return try NamespaceSandbox(
                slot: slot, process: process, spawner: spawner, slots: slots, filters: filters, agent: link,
                setup: setup, threads: threads[spec.namespace], spec: spec, transport: transport,
                onDestroyed: onDestroyed)
        } catch {
            // Without this the id range would never be free again.
            _ = try await spawner.call(.destroy(slot: slot))
            throw error
        }
    }

    /// One that waits for its program is of no use without its interpreter.
    var isAlive: Bool {
        lifecycle.isUp && (waiting.map(\.isReady) ?? true)
    }

    /// Takes over the interpreter that was started with the sandbox, as program 1.
    func adopt(_ program: WaitingProgram) {
        waiting = program
        _ = processes.add(program.session)
    }

    /// Starts an interpreter that waits for its program, as program 1.
    ///
    /// - Parameter program: how it is started.
    func startAhead(_ start: InterpreterKey, _ program: ProgramSpec) async throws(OutpostError) -> WaitingProgram {
        let waiting = try await startWaiting(start, program).program
        self.waiting = waiting
        return waiting
    }

    private func startWaiting(
        _ start: InterpreterKey, _ program: ProgramSpec
    ) async throws(OutpostError) -> (program: WaitingProgram, number: UInt32) {
        let session = try await prepare(program, waits: true)
        do throws(SystemError) {
            // A program that has come meanwhile is not to find another beside itself, and nobody would end one that comes
            // after the end of its sandbox.
            guard isIdle, spare == nil, isAlive else {
                throw SystemError("start a warm interpreter beside a running program", number: SystemError.busy)
            }
            let (channel, theirs) = try WaitingChannel.make()
            let number = send(program, session, channel: theirs, filters: filters[program.preset])
            return (try WaitingProgram(start, session, channel: channel), number)
        } catch {
            session.end(.sandboxDied)
            _ = try await finish(session, .sandboxDied)
            throw OutpostError(.internal, "the interpreter cannot be started ahead", cause: error)
        }
    }

    /// Starts an interpreter that waits for a program with this key, unless something runs.
    func startWarm(_ key: WarmKey) async {
        guard let start = key.value.content(as: InterpreterKey.self) else { return }
        guard isAlive, waiting == nil, spare == nil, isIdle, Self.isSafeAhead(start) else { return }
        let program =
            switch start.starter.interpreter {
            case .python: PythonFiles.program(start)
            case .node: NodeFiles.program(start)
            }
        // Without it the next program starts in the ordinary way. Another that was started meanwhile stays.
        guard let started = try? await startWaiting(start, program) else { return }
        spare = Spare(program: started.program, number: started.number)
        started.program.whenReady { [weak self] in self?.freezeSpare(started.number) }
    }

    /// Holds an interpreter that waits: from here on nothing runs in the sandbox until its next program is there, even if a
    /// client has found a way to have code of its own read by the interpreter.
    private func freezeSpare(_ number: UInt32) {
        guard isIdle, let spare, spare.number == number else { return }
        self.spare?.isFrozen = true
        spawner.tell(.freeze(run: spare.program.session.id, isFrozen: true))
    }

    /// Whether an interpreter that starts in a sandbox that has run a program reads nothing that the program may have
    /// written. Root may have written anywhere, so its programs would run code before their time, and after it.
    private static func isSafeAhead(_ start: InterpreterKey) -> Bool { start.program.user != .root }

    func makeReady(for limits: ResourceLimits) async {
        // Streams in frames are made with their program.
        guard !transport.isFramed, isAlive, waiting == nil, spare == nil, ahead == nil, isIdle else { return }
        guard let session = try? await makeSession(limits) else { return }
        guard isAlive else { return await end(session) }
        ahead = (session, limits)
    }

    /// Ends an interpreter that waits, if there is one.
    func cancelWarm() async {
        guard let spare else { return }
        self.spare = nil
        processes.forget(spare.number)
        await end(spare.program)
    }

    private func end(_ waiting: WaitingProgram) async {
        // It is killed before it can hear that nobody needs it.
        await end(waiting.session)
        waiting.close()
    }

    /// Ends the run of a program that never came.
    private func end(_ session: ProgramRun) async {
        session.end(.sandboxDied)
        // This fails when the sandbox has ended, and the run with it.
        _ = try? await finish(session, .sandboxDied)
    }

    func start(
        _ program: ProgramSpec, listener: any ProcessListener
    ) async throws(OutpostError) -> any RunningProcess {
        starts += 1
        defer { starts -= 1 }
        if let waiting { return try await begin(program, in: waiting, listener) }
        let arrival = monotonicNanoseconds()
        if let expected = spare?.program, await isReady(expected, for: program), let spare, spare.program.isReady {
            // From here on its run ends with the program, and with nothing else.
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
            program.warm.flatMap(WarmInterpreter.init)?.interpreter == .python ? PythonFiles.led(program) : program,
            channel: [], filters: program.seccompEnabled ? filters[program.preset] : [], listener: listener,
            after: waited)
    }

    /// Waits for an interpreter that is on its way to be ready: for as long as its kind may well take, and for no more than
    /// a part of the time that the program has, since its time has begun.
    private func isReady(_ spare: WaitingProgram, for program: ProgramSpec) async -> Bool {
        guard spare.isFor(program) else { return false }
        let usual = lastStart.map { min($0 * 2, Self.longestStart) } ?? Self.longestStart
        let own = UInt64(program.limits.timeoutMilliseconds) * 1_000_000 / 4
        let isReady = await spare.waitUntilReady(
            atMost: min(own, usual - min(usual, monotonicNanoseconds() - spare.startedAt)))
        if let took = spare.startDuration { lastStart = took }
        return isReady
    }

    /// Nanoseconds after its start that a program waits for an interpreter whose kind has not been seen to start, and the
    /// most in any case.
    private static let longestStart: UInt64 = 500_000_000

    /// Starts a program anew.
    ///
    /// - Parameters:
    ///   - channel: become the program's descriptors from 3 on.
    ///   - isZygote: whether sandboxes are copied from it, so that what the kernel counts for all of them together is not
    ///     bounded here.
    ///   - waited: nanoseconds of its time that are over already.
    func start(
        _ program: ProgramSpec, channel: [Descriptor], filters: [[UInt8]], listener: any ProcessListener,
        isZygote: Bool = false, after waited: UInt64 = 0
    ) async throws(OutpostError) -> NamespaceProcess {
        let session = try await prepare(program, isZygote: isZygote)
        running.insert(session.id)
        let process = NamespaceProcess(session, in: self)
        listener.begins(process, after: waited)
        do throws(SystemError) {
            try session.begin(program, listener: listener)
        } catch {
            session.end(.sandboxDied)
        }
        process.number = send(program, session, channel: channel, filters: filters, isZygote: isZygote)
        return process
    }

    /// Lets the interpreter that waits go on with its program.
    private func begin(
        _ program: ProgramSpec, in waiting: WaitingProgram, number: UInt32 = 1, isFrozen: Bool = false,
        after waited: UInt64 = 0, _ listener: any ProcessListener
    ) async throws(OutpostError) -> NamespaceProcess {
        // It may have died since somebody last looked.
        guard waiting.isReady else {
            discard()
            throw OutpostError(.unavailable, "the interpreter is stopping", retryAfter: 1)
        }
        self.waiting = nil
        let session = waiting.session
        running.insert(session.id)
        let process = NamespaceProcess(session, in: self, number: number, waiting: waiting)
        do {
            guard waiting.fits(program) else {
                throw SystemError("give a program to a warm interpreter of another kind", number: 22)
            }
            session.beginOnProcessors(program.limits, spawner)
            try await session.limit(from: waiting.start.program.limits, to: program.limits, spawner)
            listener.begins(process, after: waited)
            try session.begin(program, listener: listener)
            try waiting.begin(program)
            if isFrozen { try await spawner.call(.freeze(run: session.id, isFrozen: false)) }
        } catch {
            die(error)
        }
        return process
    }

    /// Sends a signal to a process.
    func signal(_ signal: Int32, process: UInt32) { channel?.send(.signal(process: process, signal: signal)) }

    /// Sets the size of a process's terminal.
    func resize(_ size: ProcessTerminal, process: UInt32) {
        channel?.send(.resize(process: process, TerminalSize(size)))
    }

    /// Waits for the end of a process, and takes away what it has left.
    func end(of session: ProgramRun, number: UInt32) async -> Result<ProcessExit, OutpostError> {
        let ending = await session.waitForEnd()
        processes.ended(number)
        defer {
            running.remove(session.id)
            processes.forget(number)
        }
        do throws(OutpostError) {
            let (usage, isLeft) = try await finish(session, ending)
            return .success(
                ProcessExit(
                    ProcessExit.End(ending), isOutOfMemory: session.isOutOfMemory, usage: usage.map(ProcessUsage.init),
                    isLeft: isLeft))
        } catch {
            return .failure(error)
        }
    }

    /// Ends every run in it as out of memory, and the sandbox itself when nothing runs.
    nonisolated func endForMemory() {
        Reactor.perform { [weak self] in
            guard let self else { return }
            guard !processes.isEmpty else { return die(SystemError("keep memory", number: SystemError.noMemory)) }
            for session in processes.all { session.endForMemory() }
        }
    }

    nonisolated func discard() {
        spawner.tasks.run { await self.destroy() }
    }

    nonisolated var isHeldUp: Bool { heldUp.load(ordering: .acquiring) }

    func isDestroyed(within seconds: Int) async -> Bool {
        if lifecycle.isDestroyed { return true }
        discard()
        return await patientWaiters.wait(seconds: seconds)
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
        // A spawner that is gone has taken the sandbox with it.
        _ = try? await spawner.call(.destroy(slot: slot))
        if let waiting {
            self.waiting = nil
            await end(waiting)
        }
        await cancelWarm()
        if let session = ahead?.session {
            ahead = nil
            await end(session)
        }
        slots.release(slot)
        // Whoever waits may bring the next instance up, which must find this one's promises taken back.
        await onDestroyed()
        guard lifecycle.finish() else { return }
        for waiter in waiters { waiter.resume() }
        waiters = []
        patientWaiters.end()
    }

    // MARK: - Files and ports

    private lazy var worker = SandboxWorker(tasks: spawner.tasks) { [weak self] connection throws(OutpostError) in
        guard let self else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        return try await startWorker(connection)
    }

    var files: any SandboxFiles { WorkerFiles(worker) }

    func connect(port: Int) async throws(OutpostError) -> any ByteStream {
        guard let number = UInt16(exactly: port), number > 0 else {
            throw OutpostError(.invalidRequest, "\(port) is not a port number")
        }
        let exchange = worker.begin(.connect(port: number, window: WorkerExchange.window))
        _ = try await exchange.opened()
        return WorkerBytes(exchange)
    }

    func pause() async throws(OutpostError) { try await setPaused(true) }

    func resume() async throws(OutpostError) { try await setPaused(false) }

    private func setPaused(_ isPaused: Bool) async throws(OutpostError) {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isAlive else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        do {
            _ = try await spawner.call(.pause(slot: slot, isPaused: isPaused))
        } catch {
            throw OutpostError(.internal, "the sandbox cannot be paused", cause: error)
        }
    }

    /// Starts the worker, in a cgroup of its own. Programs do not count it as one that runs beside them.
    private func startWorker(_ connection: WorkerConnection) async throws(OutpostError) -> any RunningProcess {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isAlive, let spec else {
            throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1)
        }
        let program = ProgramSpec.worker(in: spec)
        let session = try await makeSession(program.limits, streams: framedStreams(program))
        let process = NamespaceProcess(session, in: self)
        do throws(SystemError) {
            try session.begin(program, listener: connection)
        } catch {
            session.end(.sandboxDied)
        }
        session.streams.stdout.isAwaited = true
        process.number = send(program, session, channel: [], filters: filters[program.preset], task: .worker)
        return process
    }

    // MARK: - One run

    private func prepare(
        _ program: ProgramSpec, waits: Bool = false, isZygote: Bool = false
    ) async throws(OutpostError) -> ProgramRun {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isAlive else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        let streams = framedStreams(program)
        guard !isZygote, streams == nil, let (session, limits) = ahead else {
            return try await makeSession(program.limits, waits: waits, isZygote: isZygote, streams: streams)
        }
        ahead = nil
        if !waits { session.beginOnProcessors(program.limits, spawner) }
        do {
            try await session.limit(from: limits, to: program.limits, spawner)
        } catch {
            await end(session)
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
        return session
    }

    /// Nil for a program that is connected by pipes.
    private func framedStreams(_ program: ProgramSpec) -> FramedStreams? {
        if let terminal = program.terminal { return FramedStreams(terminal: TerminalSize(terminal)) }
        return transport.isFramed ? FramedStreams() : nil
    }

    private func makeSession(
        _ limits: ResourceLimits, waits: Bool = true, isZygote: Bool = false, streams: FramedStreams? = nil
    ) async throws(OutpostError) -> ProgramRun {
        let (session, cgroupProcs) = try await ProgramRun.prepare(
            limits, waits: waits, isZygote: isZygote, slot: slot, spawner,
            framed: streams, threads
        ) { [weak self] in self?.die(SystemError("kill the run", number: SystemError.timedOut)) }
        self.cgroupProcs[session.id] = cgroupProcs
        return session
    }

    /// What was made ahead for the first program, and for which limits.
    private var ahead: (session: ProgramRun, limits: ResourceLimits)?
    private var cgroupProcs: [UInt64: [Descriptor]] = [:]

    private func send(
        _ program: ProgramSpec, _ session: ProgramRun, channel own: [Descriptor], filters: [[UInt8]],
        isZygote: Bool = false, task: GuestProgram.Task = .program
    ) -> UInt32 {
        let number = processes.add(session, task)
        let cgroupProcs = cgroupProcs.removeValue(forKey: session.id) ?? []
        guard isAlive, let channel else {
            session.end(.sandboxDied)
            return number
        }
        do throws(ProgramStart.Refusal) {
            let message = try ProgramStart(
                program, session, number: number, cgroupProcs: cgroupProcs, channel: own, filters: filters,
                isZygote: isZygote, task: task)
            for part in message.stages { channel.send(part) }
            channel.send(message.start, message.descriptors)
            processes.open(session.streams, of: number)
            session.streams.open(number) { [weak self] in self?.channel?.send($0) }
        } catch {
            session.end(error.ending)
        }
        return number
    }

    /// Counts what the run used, kills what it left behind, and takes the rest of its output.
    ///
    /// - Returns: what it used, nil when the spawner does not say so; and whether the kernel does not let something of it end.
    ///   The sandbox is given up then, and keeps its slot and its cgroups, and so its ids, until the spawner says that all of
    ///   it is gone.
    private func finish(
        _ session: ProgramRun, _ ending: ProgramRun.Ending
    ) async throws(OutpostError) -> (usage: RunUsage?, isLeft: Bool) {
        cgroupProcs[session.id] = nil
        let wait = SpawnerWait()
        let limit = EndingLimit(session, endingTimes, wait: wait)
        defer { limit.cancel() }
        do {
            let (reply, _) = try await spawner.call(.finish(run: session.id, slot: slot), wait: wait)
            session.releaseProcessors(spawner)
            guard case .used(let usage) = reply else { throw WireError("answer to finish") }
            // The run's own processes are gone; others in the sandbox may have got its streams from them.
            let isAlone = processes.isEmpty
            session.streams.sentProgramEnds(isAlone: isAlone)
            await session.streams.stdout.waitForEnd(isAlone: isAlone)
            await session.streams.stderr.waitForEnd(isAlone: isAlone)
            return (usage, false)
        } catch {
            session.abandon()
            if let error = error as? SystemError, error == SpawnerWait.overdue {
                heldUp.store(true, ordering: .releasing)
                die(error)
                return (await usageOfLeft(session), true)
            }
            if let error = error as? SystemError, error.number == SystemError.readOnlyFileSystem {
                die(error)
                throw Self.lostDisk(ending, cause: error)
            }
            throw OutpostError(.internal, "the run cannot be ended", cause: error)
        }
    }

    /// What a run used of which something is left; nil when the spawner does not know it any more, or is gone.
    private func usageOfLeft(_ session: ProgramRun) async -> RunUsage? {
        guard case .used(let usage)? = try? await spawner.call(.leave(run: session.id)).reply else { return nil }
        return usage
    }

    // MARK: - The agent

    private func handle(_ event: GuestEvent) {
        do throws(WireError) { try processes.take(event) } catch { die(error) }
    }

    private func agentEnded(_ error: WireError?) {
        die(error ?? SystemError("talk to the guest agent", number: SystemError.connectionReset))
    }

    /// The sandbox is of no use any more: every program in it has ended, as far as anyone can know.
    private func die(_ cause: any Error) {
        // A set-up failure is the better reason than the end of the socket that follows it.
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

    /// The next run gets the disk from a new mount; a run that never began may be that next run.
    private static func lostDisk(_ ending: ProgramRun.Ending, cause: SystemError) -> OutpostError {
        if case .refused = ending {
            return OutpostError(
                .unavailable, "the server must mount the sandbox's disk again", cause: cause, retryAfter: 1)
        }
        return OutpostError(
            .insufficientStorage, "the host's disk could not keep what the sandbox wrote", cause: cause, retryAfter: 60)
    }
}
