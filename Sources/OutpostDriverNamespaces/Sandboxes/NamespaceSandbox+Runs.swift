// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire
import Synchronization

extension NamespaceSandbox {
    func makeReady(for limits: ResourceLimits) async {
        guard isIdle else { return }
        await prepareRun(limits)
    }

    /// Prepares the run of the next program, unless a warm interpreter waits for it.
    func prepareRun(_ limits: ResourceLimits) async {
        // Framed streams are created with their program.
        guard !transport.isFramed, isUsable, waiting == nil, spare == nil, preparedRun == nil, preparation == nil
        else { return }
        let preparation = Milestone()
        self.preparation = preparation
        let run = try? await makeRun(limits)
        self.preparation = nil
        if let run {
            if isUsable { preparedRun = (run, limits) } else { await end(run) }
        }
        preparation.reach()
    }

    /// Prepares the run of the next program of a stateful sandbox in the background, with the limits of the last one. It takes
    /// about a third of the start of a program. It begins when the answer of the last one is on its way, because both need the
    /// processor.
    func prepareNextRun(_ limits: ResourceLimits) {
        guard case .disk? = spec?.storage else { return }
        _ = Reactor.schedule(afterNanoseconds: Self.timeForAnswer) { [weak self] in
            guard let self, !isPaused else { return }
            spawner.tasks.run { @Reactor in
                await self.prepareRun(limits)
                if self.preparedRun != nil { PreparedRuns.shared.add(self) }
            }
        }
    }

    private static let timeForAnswer: UInt64 = 2_000_000

    /// Ends the prepared run, if there is one.
    func endPreparedRun() async {
        guard let run = preparedRun?.run else { return }
        preparedRun = nil
        await end(run)
    }

    /// Returns a run for a program: the prepared one if there is one, otherwise a new one.
    ///
    /// - Parameters:
    ///   - waits: whether the program is a warm interpreter.
    ///   - isZygote: whether the program is a zygote.
    /// - Throws: `unavailable` when the sandbox is stopping; `internal` when the sandbox failed or the run cannot be
    ///   prepared.
    func prepare(
        _ program: ProgramSpec, waits: Bool = false, isZygote: Bool = false
    ) async throws(OutpostError) -> NamespaceRun {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isUsable else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        let streams = framedStreams(program)
        await preparation?.wait()
        guard !isZygote, streams == nil, let (run, limits) = preparedRun else {
            return try await makeRun(program.limits, waits: waits, isZygote: isZygote, streams: streams)
        }
        preparedRun = nil
        if !waits { run.beginOnProcessors(program.limits, spawner) }
        do {
            try await run.limit(from: limits, to: program.limits, spawner)
        } catch {
            await end(run)
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
        return run
    }

    /// Returns the framed streams of a program. Nil when the program uses pipes.
    func framedStreams(_ program: ProgramSpec) -> FramedStreams? {
        if let terminal = program.terminal { return FramedStreams(terminal: TerminalSize(terminal)) }
        return transport.isFramed ? FramedStreams() : nil
    }

    /// Creates a run with its cgroup.
    ///
    /// - Throws: `internal`.
    func makeRun(
        _ limits: ResourceLimits, waits: Bool = true, isZygote: Bool = false, streams: FramedStreams? = nil
    ) async throws(OutpostError) -> NamespaceRun {
        let (run, cgroupProcs) = try await NamespaceRun.prepare(
            limits, waits: waits, isZygote: isZygote, slot: slot, spawner,
            framed: streams, threads
        ) { [weak self] in self?.die(SystemError("kill the run", number: SystemError.timedOut)) }
        self.cgroupProcs[run.id] = cgroupProcs
        return run
    }

    /// Sends the program to the agent. A failure ends the run.
    ///
    /// - Returns: the agent's number of the process.
    func send(
        _ program: ProgramSpec, _ run: NamespaceRun, channel own: [Descriptor], filters: [[UInt8]],
        isZygote: Bool = false, task: GuestProgram.Task = .program
    ) -> UInt32 {
        let number = processes.add(run, task)
        run.setPaused(isPaused)
        let cgroupProcs = cgroupProcs.removeValue(forKey: run.id) ?? []
        guard isUsable, let channel else {
            run.end(.sandboxDied)
            return number
        }
        do throws(ProgramStart.Refusal) {
            let message = try ProgramStart(
                program, run, number: number, cgroupProcs: cgroupProcs, channel: own, filters: filters,
                isZygote: isZygote, task: task)
            for part in message.stages { channel.send(part) }
            channel.send(message.start, message.descriptors)
            processes.open(run.streams, of: number)
            run.streams.open(number) { [weak self] in self?.channel?.send($0) }
        } catch {
            run.end(error.ending)
        }
        return number
    }

    /// Ends a run after its program has ended: reads the usage, kills the descendants, and reads the rest of the
    /// output.
    ///
    /// - Returns: the usage, nil when the spawner does not report it; and whether a killed process has not ended. Then
    ///   the sandbox is given up. It keeps its slot, cgroups and ids until the spawner reports that all processes are
    ///   gone.
    /// - Throws: `unavailable` or `insufficient_storage` when the sandbox's disk was lost; `internal`.
    func finish(
        _ run: NamespaceRun, _ ending: NamespaceRun.Ending
    ) async throws(OutpostError) -> (usage: RunUsage?, isLeft: Bool) {
        cgroupProcs[run.id] = nil
        let wait = SpawnerWait()
        let limit = EndingLimit(run, endingTimes, wait: wait)
        defer { limit.cancel() }
        do {
            let (reply, _) = try await spawner.call(.finish(run: run.id, slot: slot), wait: wait)
            run.releaseProcessors(spawner)
            guard case .used(let usage) = reply else { throw WireError("answer to finish") }
            // The run's processes are gone. Other processes in the sandbox may have received its streams, and those of a sandbox
            // that was given up may not have ended yet.
            let isAlone = processes.isEmpty && lifecycle.isUp
            run.streams.sentProgramEnds(isAlone: isAlone)
            await run.streams.stdout.waitForEnd(isAlone: isAlone)
            await run.streams.stderr.waitForEnd(isAlone: isAlone)
            return (usage, false)
        } catch {
            run.abandon()
            if let error = error as? SystemError, error == SpawnerWait.overdue {
                heldUp.store(true, ordering: .releasing)
                die(error)
                return (await usageOfLeft(run), true)
            }
            if let error = error as? SystemError, error.number == SystemError.readOnlyFileSystem {
                die(error)
                throw Self.lostDisk(ending, cause: error)
            }
            throw OutpostError(.internal, "the run cannot be ended", cause: error)
        }
    }

    /// Returns the usage of a run with a process that has not ended. Nil when the spawner does not know it.
    private func usageOfLeft(_ run: NamespaceRun) async -> RunUsage? {
        guard case .used(let usage)? = try? await spawner.call(.abandon(run: run.id)).reply else { return nil }
        return usage
    }

    /// Ends a run whose program never started.
    func end(_ run: NamespaceRun) async {
        run.end(.sandboxDied)
        // This fails when the sandbox has ended. Then the run has ended too.
        _ = try? await finish(run, .sandboxDied)
    }

    /// Returns the error for a lost disk. The next run mounts the disk again. A run whose program never started can be
    /// repeated.
    private static func lostDisk(_ ending: NamespaceRun.Ending, cause: SystemError) -> OutpostError {
        if case .refused = ending {
            return OutpostError(
                .unavailable, "the server must mount the sandbox's disk again", cause: cause, retryAfter: 1)
        }
        return OutpostError(
            .insufficientStorage, "the host's disk could not keep what the sandbox wrote", cause: cause, retryAfter: 60)
    }
}
