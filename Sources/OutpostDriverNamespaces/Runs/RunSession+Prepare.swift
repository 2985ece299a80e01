// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

extension RunSession {
    /// Run numbers are unique in a server's life, since cgroups are named after them.
    private static var nextRun: UInt64 = 1

    /// Has the cgroup of a run made, and what the server holds of the run.
    ///
    /// - Parameter giveUp: ends the sandbox.
    /// - Returns: the session, and where the program enters the cgroup in each hierarchy.
    /// - Throws: `internal`.
    static func prepare(
        _ limits: ResourceLimits, _ spawner: SpawnerClient, giveUp: @escaping @Reactor () -> Void
    ) async throws(OutpostError) -> (RunSession, [Descriptor]) {
        let id = nextRun
        nextRun += 1
        do {
            let (reply, descriptors) = try await spawner.call(
                .prepare(
                    run: id, memoryBytes: limits.memoryBytes, cpuQuotaMicroseconds: limits.cpuQuotaMicroseconds,
                    processes: UInt32(limits.maxProcesses)))
            guard case .prepared(let entrances, let hasAlarm) = reply,
                descriptors.count == Int(entrances) + (hasAlarm ? 1 : 0)
            else { throw WireError("answer to prepare") }
            let session = try RunSession(
                id: id, alarm: hasAlarm ? descriptors.last : nil,
                kill: { session in
                    Task { @Reactor in
                        // The only failure is a spawner that is gone, which ends every sandbox anyway.
                        _ = try? await spawner.call(.kill(run: session.id))
                    }
                }, giveUp: giveUp)
            return (session, Array(descriptors.prefix(Int(entrances))))
        } catch {
            // Its cgroup may be there all the same, when this process has no room for more descriptors. No slot has this
            // number, and none is asked about.
            _ = try? await spawner.call(.finish(run: id, slot: .max))
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
        _ = try await spawner.call(
            .limit(
                run: id, memoryBytes: limits.memoryBytes, cpuQuotaMicroseconds: limits.cpuQuotaMicroseconds,
                processes: UInt32(limits.maxProcesses)))
    }
}

extension ResourceLimits {
    fileprivate var memoryBytes: UInt64 { UInt64(memoryMiB) << 20 }

    /// In each period of 100 ms; the kernel takes no less than one.
    fileprivate var cpuQuotaMicroseconds: UInt32 { UInt32(max(1000, cpuCores * 100_000)) }
}
