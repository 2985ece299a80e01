// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// One kernel: its program, which may be started again, and the calls that wait for it.
actor Kernel {
    /// One start of the program.
    final class Incarnation: Sendable {
        let wire: KernelWire
        let program: StartedProgram
        let hold: SandboxHold
        let ready = Milestone()
        let over = Milestone()

        init(_ wire: KernelWire, _ program: StartedProgram, _ hold: SandboxHold) {
            self.wire = wire
            self.program = program
            self.hold = hold
        }
    }

    enum State {
        case starting(Incarnation)
        case ready(Incarnation)
        case dead(KernelEnd)
    }

    nonisolated let id: ContextID
    nonisolated let sandboxID: SandboxID
    nonisolated let namespace: NamespaceName
    private let launch: KernelLaunch
    /// A dead kernel counts too, because the server keeps what it was started with.
    private let quota: QuotaHold
    let limits: ResourceLimits
    let services: KernelServices
    var record: SandboxKernel
    var state = State.dead(KernelEnd(.notStarted, message: "the kernel has not been started"))
    private var queue = RunQueue()
    private var waiters: [RunQueue.Ticket: CheckedContinuation<OutpostError?, Never>] = [:]
    private var turn: KernelTurn?
    var lastNumber = 0
    var cpuMicroseconds: UInt64 = 0
    /// How the program ends when the platform kills it.
    private var killing: KernelEnd?
    /// Whether a start is in progress whose program has not begun.
    private var isStarting = false
    var isDeleted = false
    /// The code that runs or waits for its turn.
    var calls: [ExecutionID: Task<Result<KernelExecution, OutpostError>, Never>] = [:]

    /// The calls that may wait for one kernel.
    static let mostWaiting = 32
    /// The most bytes of one result, and of all results of one call.
    static let resultBytes = 4 << 20
    /// The most results of one call.
    static let mostResults = 1000
    /// The most bytes of a message besides a result: an error, or an answer to a question.
    static let messageBytes = 1 << 20
    private static let startSeconds = 60
    /// How long interrupted code may take to end.
    private static let grace = Duration.seconds(5)
    private static let patienceSeconds = 10

    /// - Throws: `rate_limited` and `unavailable` when the namespace or the server has too many processes.
    init(
        _ launch: KernelLaunch, id: ContextID, in sandbox: Sandbox, services: KernelServices
    ) throws(OutpostError) {
        quota = try QuotaHold(.liveProcesses, in: sandbox.namespace, of: services.quotas)
        self.id = id
        self.launch = launch
        self.services = services
        sandboxID = sandbox.id
        namespace = sandbox.namespace
        limits = sandbox.limits
        let now = services.clock()
        record = SandboxKernel(
            id: id, sandboxID: sandbox.id, language: launch.language,
            workingDirectory: launch.program.workingDirectory, createdAt: now, lastUsedAt: now)
    }

    /// The record with the current status.
    var kernel: SandboxKernel {
        var now = record
        switch state {
        case .starting: now.status = .starting
        case .ready: now.status = turn == nil ? .idle : .busy
        case .dead(let end): (now.status, now.end) = (.dead, end)
        }
        return now
    }

    // MARK: - The program

    /// Starts the program. Returns when it has begun, and before it is ready.
    ///
    /// - Throws: `conflict` while it starts already; the errors of a sandbox that cannot start.
    func start() async throws(OutpostError) {
        guard !isStarting, current == nil else {
            throw OutpostError(.conflict, "the kernel \(id) is being started already")
        }
        isStarting = true
        defer { isStarting = false }
        let hold = try await services.hold(.process)
        let wire = KernelWire { [weak self, tasks = services.tasks] in
            guard let self else { return }
            tasks.run { await self.breakOff() }
        }
        let program = try await hold.instance.begin(launch.program, output: wire)
        let incarnation = Incarnation(wire, program, hold)
        (state, killing, cpuMicroseconds) = (.starting(incarnation), nil, 0)
        record.executionCount = 0
        services.tasks.run {
            let result = await program.result()
            await self.ended(incarnation, result)
        }
        services.tasks.run { await self.greet(incarnation) }
        if isDeleted { await program.stop() }
    }

    /// Waits for the first message of the program.
    private func greet(_ incarnation: Incarnation) async {
        let turn = KernelTurn(0, longestMessage: 64 << 10)
        incarnation.wire.begin(turn)
        let deadline = ContinuousClock.now + .seconds(Self.startSeconds)
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { break }
            switch await turn.news.next(within: left) {
            case .end: return
            case .nothing: break
            case .elements(let news):
                guard let reply = news.compactMap(\.message).first.map(KernelReply.init) else { continue }
                return accept(reply, turn, incarnation)
            }
        }
        await kill(
            incarnation,
            KernelEnd(.notStarted, message: "the kernel was not ready within \(Self.startSeconds) seconds"))
    }

    private func accept(_ reply: KernelReply?, _ turn: KernelTurn, _ incarnation: Incarnation) {
        guard let reply, reply.type == "ready", reply.protocol == 1 else {
            return incarnation.wire.refuse("its first message was not \"ready\" of protocol 1")
        }
        incarnation.wire.end(turn)
        record.implementation = reply.implementation.map { String($0.prefix(64)) }
        record.version = reply.version.map { String($0.prefix(64)) }
        if case .starting(let current) = state, current === incarnation { state = .ready(incarnation) }
        incarnation.ready.reach()
    }

    /// Records the end of the program.
    private func ended(_ incarnation: Incarnation, _ result: Result<ProgramResult, OutpostError>) {
        incarnation.wire.close()
        var end: KernelEnd
        switch result {
        case .success(let result):
            end = launch.end(result)
            if let killing, end.cause != .outOfMemory { end = killing }
            if !incarnation.ready.isReached, killing == nil, end.cause == .exited {
                end.cause = .notStarted
                let words = incarnation.wire.complaint
                end.message = "the kernel ended before it was ready" + (words.isEmpty ? "" : ": \(words)")
            }
            end.memoryPeakBytes = result.memoryPeakBytes
        case .failure(let error): end = KernelEnd(.sandboxEnded, message: "the sandbox ended: \(error.message)")
        }
        if let current, current === incarnation { state = .dead(end) }
        turn?.release()
        incarnation.hold.release()
        incarnation.ready.reach()
        incarnation.over.reach()
    }

    private var current: Incarnation? {
        switch state {
        case .starting(let incarnation), .ready(let incarnation): incarnation
        case .dead: nil
        }
    }

    /// Kills a program that has broken the protocol.
    private func breakOff() async {
        guard let current, let violation = current.wire.violation else { return }
        await kill(current, KernelEnd(.protocolError, message: "the kernel was killed: \(violation)"))
    }

    private func kill(_ incarnation: Incarnation, _ end: KernelEnd) async {
        if current === incarnation { killing = killing ?? end }
        await incarnation.program.stop()
    }

    /// Waits until the program is ready.
    ///
    /// - Throws: `conflict` for a kernel that is dead or dies meanwhile.
    private func ready() async throws(OutpostError) -> Incarnation {
        if case .starting(let incarnation) = state { await incarnation.ready.wait() }
        switch state {
        case .ready(let incarnation): return incarnation
        case .starting: throw OutpostError(.conflict, "the call was cancelled before the kernel was ready")
        case .dead(let end): throw dead(end)
        }
    }

    private func dead(_ end: KernelEnd) -> OutpostError {
        OutpostError(
            .conflict, "the kernel \(id) is dead (\(end.cause.rawValue)): \(end.message). Restart it, or delete it")
    }

    // MARK: - Calls

    /// Kills the program and starts it again. The code in progress ends as cancelled. Returns when the program is ready.
    ///
    /// - Throws: as `start` and `ready`.
    func restart() async throws(OutpostError) {
        if isDeleted { throw Self.missing(id) }
        try await stop(KernelEnd(.exited, message: "the kernel was restarted"))
        record.restarts += 1
        try await start()
        _ = try await ready()
    }

    /// Kills the program. Returns when it has ended.
    ///
    /// - Throws: `unavailable` when the kernel does not end the process in time.
    private func stop(_ end: KernelEnd) async throws(OutpostError) {
        guard let current else { return }
        turn?.end(for: .cancelled)
        await kill(current, end)
        await current.over.wait(within: .seconds(Self.patienceSeconds))
        guard current.over.isReached else {
            throw OutpostError(.unavailable, "the kernel was killed, but its process has not ended yet", retryAfter: 10)
        }
    }

    /// Kills the program and refuses all calls. Returns when it has ended, or after some seconds.
    func close() async {
        isDeleted = true
        for ticket in queue.withdrawAll() { waiters.removeValue(forKey: ticket)?.resume(returning: Self.missing(id)) }
        do throws(OutpostError) {
            try await stop(KernelEnd(.exited, message: "the kernel was deleted"))
        } catch {
            services.logger.warning("a deleted kernel has not ended yet", metadata: ["kernel": "\(id)"])
        }
    }

    static func missing(_ id: ContextID) -> OutpostError { OutpostError(.notFound, "context \(id) does not exist") }

    /// Interrupts the code in progress. It may go on. Does nothing when none is.
    ///
    /// - Throws: `conflict` for a dead kernel.
    func interrupt() async throws(OutpostError) {
        if case .dead(let end) = state { throw dead(end) }
        guard let turn, case .ready(let incarnation) = state else { return }
        turn.end(for: .cancelled)
        await signal(turn, incarnation)
    }

    /// Tells the kernel to interrupt a request. The message says which one, so that a late signal hits no other.
    private func signal(_ turn: KernelTurn, _ incarnation: Incarnation) async {
        incarnation.program.post(KernelCommand(type: "interrupt", id: turn.number).frame)
        await incarnation.program.interrupt()
    }

    /// Ends a request: interrupts its code, and kills the program when the code does not end.
    private func end(_ turn: KernelTurn, _ incarnation: Incarnation, for reason: KernelTurn.Stop) async {
        guard self.turn === turn else { return }
        turn.end(for: reason)
        turn.release()
        let deadline = ContinuousClock.now + Self.grace
        while self.turn === turn, !incarnation.over.isReached, ContinuousClock.now < deadline {
            await signal(turn, incarnation)
            // Code may catch an interrupt, or a program that it waits for may take it. Another one follows.
            do { try await Task.sleep(for: .milliseconds(1500)) } catch { return }
        }
        guard self.turn === turn else { return }
        await kill(
            incarnation,
            KernelEnd(
                .timedOut, message: "the kernel was killed, because its code did not end when it was interrupted"))
    }

    // MARK: - Turns

    private func takeTurn() async throws(OutpostError) {
        if isDeleted { throw Self.missing(id) }
        guard queue.isBusy == false || queue.count < Self.mostWaiting else {
            throw OutpostError(
                .rateLimited, "\(queue.count) calls already wait for the kernel \(id), which is the limit",
                retryAfter: 1)
        }
        guard let ticket = queue.arrive(concurrent: false) else { return }
        let problem = await withTaskCancellationHandler {
            await withCheckedContinuation { waiters[ticket] = $0 }
        } onCancel: {
            services.tasks.run { await self.withdraw(ticket) }
        }
        if let problem { throw problem }
    }

    private func withdraw(_ ticket: RunQueue.Ticket) {
        queue.withdraw(ticket)
        waiters.removeValue(forKey: ticket)?
            .resume(returning: OutpostError(.conflict, "the call was cancelled before the kernel took it"))
    }

    private func endTurn() {
        if let next = queue.leave(concurrent: false) { waiters.removeValue(forKey: next)?.resume(returning: nil) }
    }

    /// Sends a request when its turn comes, and passes what the kernel answers to `take`, until that returns true.
    ///
    /// - Parameters:
    ///   - output: the bytes of memory that the answer may take.
    ///   - onStart: called before the request is sent.
    ///   - releaseReaders: called when the request must end, also while readers of its output are slow.
    /// - Returns: what `take` made of the end, or nil when the program has ended.
    /// - Throws: `conflict` for a dead kernel; `rate_limited` and `unavailable` when there is no room. The request has
    ///   not been sent then.
    func ask(
        _ command: KernelCommand, within timeout: Duration, output: Int, longestMessage: Int,
        onStart: () -> Void = {}, releaseReaders: @escaping @Sendable () -> Void = {},
        _ take: (KernelNews) async throws(KernelViolation) -> KernelReply?
    ) async throws(OutpostError) -> Asked {
        try await takeTurn()
        defer { endTurn() }
        let incarnation = try await ready()
        let admission = RunAdmission(admission: services.admission, namespace: namespace, isQueued: false)
        try admission.enter()
        defer { admission.leave() }
        let use = try await services.hold(.call)
        defer { use.release() }
        let memory = OutputShare(services.output, in: namespace)
        try memory.reserve(output)
        defer { withExtendedLifetime(memory) {} }
        lastNumber += 1
        var command = command
        command.id = lastNumber
        let frame = command.frame
        let turn = KernelTurn(lastNumber, longestMessage: longestMessage, releaseReaders: releaseReaders)
        self.turn = turn
        defer { if self.turn === turn { self.turn = nil } }
        incarnation.wire.begin(turn)
        defer { incarnation.wire.end(turn) }
        onStart()
        let deadline = Deadlines.shared.call(after: timeout) { [tasks = services.tasks] in
            tasks.run { await self.end(turn, incarnation, for: .timeout) }
        }
        defer { Deadlines.shared.cancel(deadline) }
        // The kernel reads it when it is ready for it. The deadline ends a wait for a kernel that does not.
        incarnation.program.post(frame)
        let reply = await withTaskCancellationHandler {
            await answer(turn, incarnation, take)
        } onCancel: {
            services.tasks.run { await self.end(turn, incarnation, for: .cancelled) }
        }
        record.lastUsedAt = services.clock()
        if reply == nil { await incarnation.over.wait(within: .seconds(Self.patienceSeconds)) }
        return Asked(turn: turn, incarnation: incarnation, reply: reply)
    }

    struct Asked {
        let turn: KernelTurn
        let incarnation: Incarnation
        /// Nil when the program has ended.
        let reply: KernelReply?
    }

    private func answer(
        _ turn: KernelTurn, _ incarnation: Incarnation,
        _ take: (KernelNews) async throws(KernelViolation) -> KernelReply?
    ) async -> KernelReply? {
        while true {
            // A cancelled call must still wait for the end.
            guard case .elements(let news) = await turn.news.next(endsWhenCancelled: false) else { return nil }
            for one in news {
                do throws(KernelViolation) {
                    if let reply = try await take(one) { return reply }
                } catch {
                    incarnation.wire.refuse(error.problem)
                    // Its queue ends with the program.
                }
            }
        }
    }
}

/// A message that a kernel may not send.
struct KernelViolation: Error {
    let problem: String
}

extension KernelNews {
    fileprivate var message: [UInt8]? {
        if case .message(let bytes) = self { bytes } else { nil }
    }
}
