// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension ProgramRun {
    /// Run numbers are unique in a server's life, since cgroups are named after them.
    private static var nextRun: UInt64 = 1

    /// What the server holds of a run that has no cgroup yet.
    ///
    /// - Parameter giveUp: ends the sandbox.
    static func make(
        _ spawner: SpawnerClient, _ streams: any ProcessConnection, _ threads: BlockingPool,
        giveUp: @escaping @Reactor () -> Void
    ) throws(SystemError) -> ProgramRun {
        defer { nextRun += 1 }
        return try ProgramRun(
            id: nextRun, alarm: nil, streams: streams, threads: threads,
            // A spawner that is gone ends every sandbox anyway.
            kill: { spawner.ask(.kill(run: $0.id)) { _ in } },
            meter: { run, withStall in
                // A run that has ended meanwhile is no longer known.
                spawner.ask(.meter(run: run.id, withStall: withStall)) { reply in
                    guard case .metered(let meter) = reply else { return }
                    run.used(
                        ProcessMeter(
                            cpuMicroseconds: meter.cpuMicroseconds, stallMicroseconds: meter.stallMicroseconds))
                }
            }, giveUp: giveUp)
    }

    /// Has the cgroup of a run made in a sandbox that is up, and what the server holds of the run.
    ///
    /// - Parameters:
    ///   - waits: whether there is no program yet.
    ///   - isZygote: whether the program is an interpreter to fork from.
    ///   - framed: what the program is connected by; pipes, when it is nil.
    ///   - giveUp: ends the sandbox.
    /// - Returns: the run, and where the program enters the cgroup in each hierarchy.
    /// - Throws: `internal`.
    static func prepare(
        _ limits: ResourceLimits, waits: Bool, isZygote: Bool, slot: UInt32, _ spawner: SpawnerClient,
        framed: FramedStreams? = nil, _ threads: BlockingPool,
        giveUp: @escaping @Reactor () -> Void
    ) async throws(OutpostError) -> (ProgramRun, [Descriptor]) {
        let run: ProgramRun
        do throws(SystemError) {
            let streams: any ProcessConnection
            if let framed { streams = framed } else { streams = try AttachedStreams(threads: threads) }
            run = try make(spawner, streams, threads, giveUp: giveUp)
        } catch {
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
        do {
            // A copy has those of the interpreter that it is made from unless it gets its own.
            if !isZygote { _ = run.assignProcessors(limits, waits: waits, slot: slot) }
            let (reply, descriptors) = try await spawner.call(
                .prepare(run: run.id, slot: slot, RunLimits(limits), run.processors))
            guard case .prepared(let cgroupProcs, let hasAlarm) = reply,
                descriptors.count == Int(cgroupProcs) + (hasAlarm ? 1 : 0)
            else { throw WireError("answer to prepare") }
            if hasAlarm, let alarm = descriptors.last { try run.watchMemory(alarm) }
            return (run, Array(descriptors.prefix(Int(cgroupProcs))))
        } catch {
            run.abandon()
            // Its cgroup may be there all the same, when this process has no room for more descriptors. No slot has this
            // number, and none is asked about.
            _ = try? await spawner.call(.finish(run: run.id, slot: .max))
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
    }

    /// Has these limits hold for the run from now on, in place of the others.
    ///
    /// - Throws: the spawner's error.
    func limit(from others: ResourceLimits, to limits: ResourceLimits, _ spawner: SpawnerClient) async throws {
        let isSame =
            others.memoryMiB == limits.memoryMiB && others.cpuCores == limits.cpuCores
            && others.maxProcesses == limits.maxProcesses
        if isSame { return }
        _ = try await spawner.call(.limit(run: id, RunLimits(limits)))
    }
}

extension RunLimits {
    init(_ limits: ResourceLimits) {
        self.init(
            memoryBytes: UInt64(limits.memoryMiB) << 20,
            // In each period of 100 ms; the kernel takes no less than one.
            cpuQuotaMicroseconds: UInt32(max(1000, limits.cpuCores * 100_000)), processes: UInt32(limits.maxProcesses))
    }
}
