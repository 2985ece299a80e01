// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
import OutpostWire

extension RunSession {
    /// Run numbers are unique in a server's life, since cgroups are named after them.
    private static var nextRun: UInt64 = 1

    /// What the server holds of a run that has no cgroup yet.
    ///
    /// - Parameter giveUp: ends the sandbox.
    static func make(
        _ spawner: SpawnerClient, _ threads: BlockingPool, giveUp: @escaping @Reactor () -> Void
    ) throws(SystemError) -> RunSession {
        defer { nextRun += 1 }
        return try RunSession(
            id: nextRun, alarm: nil, threads: threads,
            kill: { session in
                Task { @Reactor in
                    // The only failure is a spawner that is gone, which ends every sandbox anyway.
                    _ = try? await spawner.call(.kill(run: session.id))
                }
            },
            meter: { session in
                Task { @Reactor in
                    // As for a kill; and a run that has ended meanwhile is no longer known.
                    let question = SpawnerRequest.meter(run: session.id, withStall: session.isWallTimeOver)
                    guard let (reply, _) = try? await spawner.call(question), case .metered(let meter) = reply else {
                        return
                    }
                    session.metered(meter)
                }
            }, giveUp: giveUp)
    }

    /// Has the cgroup of a run made in a sandbox that is up, and what the server holds of the run.
    ///
    /// - Parameters:
    ///   - waits: whether there is no program yet.
    ///   - isTemplate: whether the program is an interpreter to fork from.
    ///   - giveUp: ends the sandbox.
    /// - Returns: the session, and where the program enters the cgroup in each hierarchy.
    /// - Throws: `internal`.
    static func prepare(
        _ limits: ResourceLimits, waits: Bool, isTemplate: Bool, slot: UInt32, _ spawner: SpawnerClient,
        _ threads: BlockingPool, giveUp: @escaping @Reactor () -> Void
    ) async throws(OutpostError) -> (RunSession, [Descriptor]) {
        let session: RunSession
        do throws(SystemError) {
            session = try make(spawner, threads, giveUp: giveUp)
        } catch {
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
        do {
            // A copy has those of the interpreter that it is made from unless it gets its own.
            if !isTemplate { _ = session.takeProcessors(limits, waits: waits, slot: slot) }
            let (reply, descriptors) = try await spawner.call(
                .prepare(run: session.id, slot: slot, RunLimits(limits), session.processors))
            guard case .prepared(let entrances, let hasAlarm) = reply,
                descriptors.count == Int(entrances) + (hasAlarm ? 1 : 0)
            else { throw WireError("answer to prepare") }
            if hasAlarm, let alarm = descriptors.last { try session.watchMemory(alarm) }
            return (session, Array(descriptors.prefix(Int(entrances))))
        } catch {
            session.abandon()
            // Its cgroup may be there all the same, when this process has no room for more descriptors. No slot has this
            // number, and none is asked about.
            _ = try? await spawner.call(.finish(run: session.id, slot: .max))
            throw OutpostError(.internal, "the run cannot be prepared", cause: error)
        }
    }

    /// Its program is about to start.
    ///
    /// - Parameter waited: nanoseconds of its time that are over already.
    func begin(_ program: ProgramSpec, output: LiveOutput?, after waited: UInt64) throws(SystemError) {
        try begin(
            stdin: program.stdin, keeping: program.outputRecord, stopsAtLimit: program.stopsAtOutputLimit,
            isInterleaved: program.isInterleaved, output: output, after: waited)
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
