// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension NamespaceSandbox {
    /// A warm interpreter in a sandbox that outlives its programs.
    struct Spare {
        let program: WaitingProgram
        /// The agent's number of its process.
        let number: UInt32
        /// Whether its cgroup is frozen until its program arrives.
        var isFrozen = false
    }

    /// Registers the interpreter that was forked with the sandbox, as process 1.
    func adopt(_ program: WaitingProgram) {
        waiting = program
        _ = processes.add(program.run)
    }

    /// Starts a warm interpreter as process 1.
    ///
    /// - Parameter program: the command that starts it.
    /// - Throws: `internal` when it cannot be started.
    func startWarmInterpreter(_ key: InterpreterKey, _ program: ProgramSpec) async throws(OutpostError)
        -> WaitingProgram
    {
        let waiting = try await startWaiting(key, program).program
        self.waiting = waiting
        return waiting
    }

    private func startWaiting(
        _ key: InterpreterKey, _ program: ProgramSpec
    ) async throws(OutpostError) -> (program: WaitingProgram, number: UInt32) {
        let run = try await prepare(program, waits: true)
        var number: UInt32?
        do throws(SystemError) {
            // A program may have started meanwhile, or the sandbox may have ended. Nobody would end the interpreter
            // then.
            guard isIdle, spare == nil, isUsable else {
                throw SystemError("start a warm interpreter beside a running program", number: SystemError.busy)
            }
            let (channel, theirs) = try WaitingChannel.make()
            let sent = send(program, run, channel: theirs, filters: filters[program.preset])
            number = sent
            return (try WaitingProgram(key, run, channel: channel), sent)
        } catch {
            if let number { processes.forget(number) }
            run.end(.sandboxDied)
            _ = try await finish(run, .sandboxDied)
            throw OutpostError(.internal, "the warm interpreter cannot be started", cause: error)
        }
    }

    /// Starts a warm interpreter for a program with this key, unless something runs.
    func startWarm(_ key: WarmKey) async {
        guard let key = key.value.content(as: InterpreterKey.self) else { return }
        guard isUsable, !isPaused, waiting == nil, spare == nil, isIdle, Self.isWarmStartSafe(key) else { return }
        let program =
            switch key.interpreter.kind {
            case .python: PythonFiles.program(key)
            case .node: NodeFiles.program(key)
            }
        // Without the interpreter the next program starts in the ordinary way. An interpreter that another call has
        // started meanwhile stays.
        guard let started = try? await startWaiting(key, program) else { return }
        spare = Spare(program: started.program, number: started.number)
        started.program.whenReady { [weak self] in self?.freezeSpare(started.number) }
    }

    /// Freezes a warm interpreter. Nothing runs in the sandbox until the next program, even if a client has made the
    /// interpreter load its code.
    private func freezeSpare(_ number: UInt32) {
        guard isIdle, let spare, spare.number == number else { return }
        self.spare?.isFrozen = true
        spawner.tell(.freeze(run: spare.program.run.id, isFrozen: true))
    }

    /// Whether a warm start is safe in a sandbox that has run a program. The interpreter must not load a file that the
    /// program may have written. Root can write everywhere: code of one program could run before the next program.
    private static func isWarmStartSafe(_ key: InterpreterKey) -> Bool { key.program.user != .root }

    /// Ends the warm interpreter, if there is one.
    func cancelWarm() async {
        guard let spare else { return }
        self.spare = nil
        processes.forget(spare.number)
        await end(spare.program)
    }

    /// Kills a warm interpreter and ends its run.
    func end(_ waiting: WaitingProgram) async {
        // The kill comes first. Otherwise the interpreter would read the end of its pipe and exit by itself.
        await end(waiting.run)
        waiting.close()
    }

    /// Waits until a warm interpreter is ready. The wait is at most twice the time that its last start took, and at
    /// most a quarter of the program's wall time limit, because the program's time already counts.
    ///
    /// - Returns: whether it is ready and fits the program.
    func isReady(_ spare: WaitingProgram, for program: ProgramSpec) async -> Bool {
        guard spare.isFor(program) else { return false }
        let usual = lastStart.map { min($0 * 2, Self.longestStart) } ?? Self.longestStart
        let own = UInt64(program.limits.timeoutMilliseconds) * 1_000_000 / 4
        let isReady = await spare.waitUntilReady(
            atMost: min(own, usual - min(usual, monotonicNanoseconds() - spare.startedAt)))
        if let took = spare.startDuration { lastStart = took }
        return isReady
    }

    /// The longest wait in nanoseconds. It also applies when no start has been measured yet.
    private static let longestStart: UInt64 = 500_000_000

    /// Gives a warm interpreter its program.
    ///
    /// - Throws: `unavailable` when the interpreter has ended.
    func begin(
        _ program: ProgramSpec, in waiting: WaitingProgram, number: UInt32 = 1, isFrozen: Bool = false,
        after waited: UInt64 = 0, _ listener: any ProcessListener
    ) async throws(OutpostError) -> NamespaceProcess {
        // The interpreter may have ended since the last check.
        guard waiting.isReady else {
            discard()
            throw OutpostError(.unavailable, "the interpreter is stopping", retryAfter: 1)
        }
        self.waiting = nil
        let run = waiting.run
        running.insert(run.id)
        let process = NamespaceProcess(run, in: self, number: number, waiting: waiting)
        do {
            guard waiting.fits(program) else {
                throw SystemError("give a program to a warm interpreter of another kind", number: 22)
            }
            run.beginOnProcessors(program.limits, spawner)
            try await run.limit(from: waiting.key.program.limits, to: program.limits, spawner)
            listener.begins(process, after: waited)
            try run.begin(program, listener: listener)
            try waiting.begin(program)
            if isFrozen { try await spawner.call(.freeze(run: run.id, isFrozen: false)) }
        } catch {
            die(error)
        }
        return process
    }
}
