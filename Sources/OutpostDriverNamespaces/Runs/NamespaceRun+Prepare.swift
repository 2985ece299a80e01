// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension NamespaceRun {
    /// Run numbers are unique while the server lives, because cgroups are named after them.
    private static var nextRun: UInt64 = 1

    /// Creates the server's part of a run. The cgroup does not exist yet.
    ///
    /// - Parameter giveUp: ends the sandbox.
    static func make(
        _ spawner: SpawnerClient, _ streams: any ProcessConnection, _ threads: BlockingPool,
        giveUp: @escaping @Reactor () -> Void
    ) throws(SystemError) -> NamespaceRun {
        defer { nextRun += 1 }
        return try NamespaceRun(
            id: nextRun, alarm: nil, streams: streams, threads: threads,
            // A spawner that is gone has ended every sandbox.
            kill: { spawner.ask(.kill(run: $0.id)) { _ in } },
            meter: { run, counters in
                if counters == .memory, run.readCounters() { return }
                let request = SpawnerRequest.meter(
                    run: run.id, withStall: counters.contains(.stall), withMemory: counters.contains(.memory))
                // The spawner does not know a run that has ended meanwhile.
                spawner.ask(request) { answer in
                    guard case .metered(let meter) = answer.reply else { return }
                    run.used(
                        ProcessMeter(
                            cpuMicroseconds: meter.cpuMicroseconds, stallMicroseconds: meter.stallMicroseconds,
                            memoryPeakBytes: meter.memoryPeakBytes))
                }
                // What is measured once is often measured again: a kernel after each piece of code.
                if counters == .memory {
                    spawner.ask(.counters(run: run.id)) { run.take(CgroupCounters($0.descriptors)) }
                }
            }, giveUp: giveUp)
    }

    /// Creates a run in a live sandbox: its cgroup, and the server's part.
    ///
    /// - Parameters:
    ///   - waits: whether the run is for a warm interpreter.
    ///   - isZygote: whether the program is a zygote.
    ///   - framed: the streams of the program. Nil for pipes.
    ///   - giveUp: ends the sandbox.
    /// - Returns: the run, and descriptors of `cgroup.procs` through which the program enters the cgroup, one for each
    ///   hierarchy.
    /// - Throws: `internal`. The cgroup is removed then.
    static func prepare(
        _ limits: ResourceLimits, waits: Bool, isZygote: Bool, slot: UInt32, _ spawner: SpawnerClient,
        framed: FramedStreams? = nil, _ threads: BlockingPool,
        giveUp: @escaping @Reactor () -> Void
    ) async throws(OutpostError) -> (NamespaceRun, [Descriptor]) {
        let run: NamespaceRun
        do throws(SystemError) {
            let streams: any ProcessConnection
            if let framed { streams = framed } else { streams = try AttachedStreams(threads: threads) }
            run = try make(spawner, streams, threads, giveUp: giveUp)
        } catch {
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
        do {
            // A fork would inherit the processors of its zygote.
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
            // The cgroup may exist, for example when this process had no room for the descriptors. No slot has this
            // number, and so the spawner looks at no sandbox.
            _ = try? await spawner.call(.finish(run: run.id, slot: .max))
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
    }

    /// Changes the limits of the run, if they differ.
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
            // The time in each period of 100 ms. The kernel's minimum is 1 ms.
            cpuQuotaMicroseconds: UInt32(max(1000, limits.cpuCores * 100_000)), processes: UInt32(limits.maxProcesses))
    }
}
