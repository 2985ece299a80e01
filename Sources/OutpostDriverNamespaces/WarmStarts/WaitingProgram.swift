// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The server's ends of the two pipes to a warm interpreter. A pipe cannot carry a descriptor.
struct WaitingChannel {
    let job: Descriptor
    let answers: Descriptor

    /// Creates both pipes.
    ///
    /// - Returns: the server's ends, and the interpreter's ends in the order that it expects: job, answers.
    static func make() throws(SystemError) -> (ours: WaitingChannel, theirs: [Descriptor]) {
        let job = try Descriptor.pipe(nonBlockingWrite: true)
        let answers = try Descriptor.pipe(nonBlockingRead: true)
        return (WaitingChannel(job: job.write, answers: answers.read), [job.read, answers.write])
    }
}

/// A warm interpreter, as the server sees it.
@Reactor
final class WaitingProgram {
    private enum State {
        case starting([CheckedContinuation<Bool, Never>])
        case ready
        case begun
        case gone
    }

    let key: InterpreterKey
    let run: NamespaceRun
    private let channel: WaitingChannel
    let startedAt = monotonicNanoseconds()
    /// Nanoseconds from its start until it was ready. Nil before that.
    private(set) var startDuration: UInt64?
    private var watch: Reactor.Watch?
    private var state = State.starting([])
    private var job: InputFeed?
    private var steps: JobSteps?
    private var decoder = FrameDecoder()
    private var onReady: (@Reactor () -> Void)?

    init(_ key: InterpreterKey, _ run: NamespaceRun, channel: WaitingChannel) throws(SystemError) {
        self.key = key
        self.run = run
        self.channel = channel
        watch = try Reactor.watch(channel.answers, for: .read) { [weak self] in self?.receive() }
    }

    /// Waits until the interpreter is ready.
    ///
    /// - Returns: false when it has ended, or was not ready in time. Then it is closed.
    func waitUntilReady(atMost nanoseconds: UInt64 = patience) async -> Bool {
        guard case .starting(let waiters) = state else { return isReady }
        let timer = Reactor.schedule(afterNanoseconds: nanoseconds) { [weak self] in self?.giveUp() }
        defer { Reactor.cancel(timer) }
        return await withCheckedContinuation { state = .starting(waiters + [$0]) }
    }

    /// Closes an interpreter that was not ready in time. It may have become ready meanwhile; then it stays.
    private func giveUp() {
        if case .starting = state { close() }
    }

    /// Calls `action` once, when the interpreter is ready. Never calls it if that does not happen.
    func whenReady(_ action: @escaping @Reactor () -> Void) {
        if isReady { action() } else { onReady = action }
    }

    var isReady: Bool { if case .ready = state { true } else { false } }

    /// Whether the interpreter is ready and has the key of this program.
    func fits(_ program: ProgramSpec) -> Bool { isReady && isFor(program) }

    /// Whether the interpreter has the key of this program.
    func isFor(_ program: ProgramSpec) -> Bool {
        key.interpreter.canStart(program)
            && InterpreterKey(
                key.interpreter, sandbox: key.sandbox, program: program, commandLength: key.program.arguments.count,
                waiting: key.program.limits) == key
    }

    /// Sends the program to the interpreter, which then runs it.
    ///
    /// - Throws: `SystemError`. The interpreter must be ended then.
    func begin(_ program: ProgramSpec) throws(SystemError) {
        state = .begun
        let arguments = program.arguments.dropFirst(key.program.arguments.count)
        let steps = JobSteps(program)
        let message = InterpreterJob(
            arguments: Array(arguments), environment: program.environment.map { "\($0.name)=\($0.value)" },
            steps: PackedSteps.encode([steps.steps]))
        self.steps = steps
        job = try InputFeed(channel.job, message.frame.encoded, threads: run.threads)
    }

    /// Closes the pipes. An interpreter that still waits exits.
    func close() {
        let previous = state
        state = .gone
        if let watch { Reactor.end(watch) }
        watch = nil
        if let job { job.close() } else { channel.job.closeNow() }
        channel.answers.closeNow()
        if case .starting(let waiters) = previous { for waiter in waiters { waiter.resume(returning: false) } }
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 64)
        do {
            guard let count = try channel.answers.read(into: &buffer) else { return }
            guard count > 0 else {
                // The interpreter closes its end when it begins the program.
                if case .begun = state { run.started(pid: nil) }
                return close()
            }
            decoder.append(buffer[..<count])
            while let frame = try decoder.next() { handle(try InterpreterAnswer(frame)) }
        } catch {
            close()
        }
    }

    /// Handles an answer: that the interpreter is ready, or, after the job was sent, that a file could not be written.
    private func handle(_ answer: InterpreterAnswer) {
        switch (state, answer) {
        case (.starting(let waiters), .waiting):
            state = .ready
            startDuration = monotonicNanoseconds() - startedAt
            for waiter in waiters { waiter.resume(returning: true) }
            onReady?()
            onReady = nil
        case (.begun, .refused(let step, let errno)):
            guard let steps else { return close() }
            run.end(
                .refused(.file, position: steps.file(ofStep: Int(step)), errno: errno, detail: "write the file"))
        default: close()
        }
    }

    /// Nanoseconds that a start may take when no run waits for it.
    nonisolated static let patience: UInt64 = 30_000_000_000
    /// Nanoseconds that a fork may take. Normally it takes milliseconds, and a run may wait for it.
    nonisolated static let patienceForFork: UInt64 = 2_000_000_000
}
