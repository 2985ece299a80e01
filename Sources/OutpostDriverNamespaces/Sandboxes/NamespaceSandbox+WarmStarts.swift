// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension NamespaceSandbox {
    /// An interpreter that waits in a sandbox which outlives its programs.
    struct Spare {
        let program: WaitingProgram
        let number: UInt32
        /// Whether the kernel holds it until its program is there.
        var isFrozen = false
    }

    /// Takes over the interpreter that was started with the sandbox, as program 1.
    func adopt(_ program: WaitingProgram) {
        waiting = program
        _ = processes.add(program.run)
    }

    /// Starts an interpreter that waits for its program, as program 1.
    ///
    /// - Parameter program: how it is started.
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
        do throws(SystemError) {
            // A program that has come meanwhile is not to find another beside itself, and nobody would end one that comes
            // after the end of its sandbox.
            guard isIdle, spare == nil, isAlive else {
                throw SystemError("start a warm interpreter beside a running program", number: SystemError.busy)
            }
            let (channel, theirs) = try WaitingChannel.make()
            let number = send(program, run, channel: theirs, filters: filters[program.preset])
            return (try WaitingProgram(key, run, channel: channel), number)
        } catch {
            run.end(.sandboxDied)
            _ = try await finish(run, .sandboxDied)
            throw OutpostError(.internal, "the interpreter cannot be started ahead", cause: error)
        }
    }

    /// Starts an interpreter that waits for a program with this key, unless something runs.
    func startWarm(_ key: WarmKey) async {
        guard let key = key.value.content(as: InterpreterKey.self) else { return }
        guard isAlive, waiting == nil, spare == nil, isIdle, Self.isWarmStartSafe(key) else { return }
        let program =
            switch key.interpreter.kind {
            case .python: PythonFiles.program(key)
            case .node: NodeFiles.program(key)
            }
        // Without it the next program starts in the ordinary way. Another that was started meanwhile stays.
        guard let started = try? await startWaiting(key, program) else { return }
        spare = Spare(program: started.program, number: started.number)
        started.program.whenReady { [weak self] in self?.freezeSpare(started.number) }
    }

    /// Holds an interpreter that waits: from here on nothing runs in the sandbox until its next program is there, even if a
    /// client has found a way to have code of its own read by the interpreter.
    private func freezeSpare(_ number: UInt32) {
        guard isIdle, let spare, spare.number == number else { return }
        self.spare?.isFrozen = true
        spawner.tell(.freeze(run: spare.program.run.id, isFrozen: true))
    }

    /// Whether an interpreter that starts in a sandbox that has run a program reads nothing that the program may have
    /// written. Root may have written anywhere, so its programs would run code before their time, and after it.
    private static func isWarmStartSafe(_ key: InterpreterKey) -> Bool { key.program.user != .root }

    /// Ends an interpreter that waits, if there is one.
    func cancelWarm() async {
        guard let spare else { return }
        self.spare = nil
        processes.forget(spare.number)
        await end(spare.program)
    }

    func end(_ waiting: WaitingProgram) async {
        // It is killed before it can hear that nobody needs it.
        await end(waiting.run)
        waiting.close()
    }

    /// Waits for an interpreter that is on its way to be ready: for as long as its kind may well take, and for no more than
    /// a part of the time that the program has, since its time has begun.
    func isReady(_ spare: WaitingProgram, for program: ProgramSpec) async -> Bool {
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

    /// Lets the interpreter that waits go on with its program.
    func begin(
        _ program: ProgramSpec, in waiting: WaitingProgram, number: UInt32 = 1, isFrozen: Bool = false,
        after waited: UInt64 = 0, _ listener: any ProcessListener
    ) async throws(OutpostError) -> NamespaceProcess {
        // It may have died since somebody last looked.
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
