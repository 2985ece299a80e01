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
                    run: id, memoryBytes: UInt64(limits.memoryMiB) << 20,
                    cpuQuotaMicroseconds: UInt32(max(1000, limits.cpuCores * 100_000)),
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
}
