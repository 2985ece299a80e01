// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire
import Synchronization

extension NamespaceSandbox {
    func makeReady(for limits: ResourceLimits) async {
        // Streams in frames are made with their program.
        guard !transport.isFramed, isAlive, waiting == nil, spare == nil, preparedRun == nil, isIdle else { return }
        guard let run = try? await makeRun(limits) else { return }
        guard isAlive else { return await end(run) }
        preparedRun = (run, limits)
    }

    func prepare(
        _ program: ProgramSpec, waits: Bool = false, isZygote: Bool = false
    ) async throws(OutpostError) -> ProgramRun {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isAlive else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        let streams = framedStreams(program)
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

    /// Nil for a program that is connected by pipes.
    func framedStreams(_ program: ProgramSpec) -> FramedStreams? {
        if let terminal = program.terminal { return FramedStreams(terminal: TerminalSize(terminal)) }
        return transport.isFramed ? FramedStreams() : nil
    }

    func makeRun(
        _ limits: ResourceLimits, waits: Bool = true, isZygote: Bool = false, streams: FramedStreams? = nil
    ) async throws(OutpostError) -> ProgramRun {
        let (run, cgroupProcs) = try await ProgramRun.prepare(
            limits, waits: waits, isZygote: isZygote, slot: slot, spawner,
            framed: streams, threads
        ) { [weak self] in self?.die(SystemError("kill the run", number: SystemError.timedOut)) }
        self.cgroupProcs[run.id] = cgroupProcs
        return run
    }

    func send(
        _ program: ProgramSpec, _ run: ProgramRun, channel own: [Descriptor], filters: [[UInt8]],
        isZygote: Bool = false, task: GuestProgram.Task = .program
    ) -> UInt32 {
        let number = processes.add(run, task)
        let cgroupProcs = cgroupProcs.removeValue(forKey: run.id) ?? []
        guard isAlive, let channel else {
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

    /// Counts what the run used, kills what it left behind, and takes the rest of its output.
    ///
    /// - Returns: what it used, nil when the spawner does not say so; and whether the kernel does not let something of it end.
    ///   The sandbox is given up then, and keeps its slot and its cgroups, and so its ids, until the spawner says that all of
    ///   it is gone.
    func finish(
        _ run: ProgramRun, _ ending: ProgramRun.Ending
    ) async throws(OutpostError) -> (usage: RunUsage?, isLeft: Bool) {
        cgroupProcs[run.id] = nil
        let wait = SpawnerWait()
        let limit = EndingLimit(run, endingTimes, wait: wait)
        defer { limit.cancel() }
        do {
            let (reply, _) = try await spawner.call(.finish(run: run.id, slot: slot), wait: wait)
            run.releaseProcessors(spawner)
            guard case .used(let usage) = reply else { throw WireError("answer to finish") }
            // The run's own processes are gone; others in the sandbox may have got its streams from them.
            let isAlone = processes.isEmpty
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

    /// What a run used of which something is left; nil when the spawner does not know it any more, or is gone.
    private func usageOfLeft(_ run: ProgramRun) async -> RunUsage? {
        guard case .used(let usage)? = try? await spawner.call(.leave(run: run.id)).reply else { return nil }
        return usage
    }

    /// Ends the run of a program that never came.
    func end(_ run: ProgramRun) async {
        run.end(.sandboxDied)
        // This fails when the sandbox has ended, and the run with it.
        _ = try? await finish(run, .sandboxDied)
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
