// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostStore
import OutpostVolumes

extension Engine {
    /// Returns all quotas of a namespace: what it uses, and what it may use.
    public func standings(of namespace: NamespaceName) async throws(OutpostError) -> [QuotaStanding] {
        let counted: [Quota] = [
            .concurrentRuns, .waitingRuns, .sandboxes, .snapshots, .liveSandboxes, .liveProcesses, .connections,
            .streams, .bodies, .output,
        ]
        var standings = counted.map { quotas.standing($0, in: namespace) }
        standings.append(await disks.standing(of: namespace))
        standings += await pool.standings(of: namespace)
        let compiled = await compilations?.usage(of: namespace) ?? (used: 0, limit: 0)
        standings.append(StorageBound.bytes(compiled.limit).standing(.compiledPrograms, held: compiled.used))
        standings.append(executions.standing(of: namespace))
        standings.append(processes.standing(of: namespace))
        standings += try await idempotency.standings(of: namespace)
        return standings
    }
}
