// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostDrivers

/// One run, from its turn to its execution.
struct SandboxRun: Sendable {
    let id = ExecutionID()
    let request: ExecutionRequest
    let driver: any IsolationDriver
    let pool: SandboxPool
    let languages: LanguageInventory
    let policy: LimitPolicy
    let clock: WallClock
    let logger: Logger
    let metrics: EngineMetrics
    let times: RunTimes
    /// Gives back what idle sandboxes hold; true when there was something.
    let makeRoom: @Sendable () async -> Bool

    func perform(_ sandbox: Sandbox, _ session: SandboxSession) async throws(OutpostError) -> Execution {
        guard sandbox.status != .failed else {
            throw OutpostError(.conflict, "sandbox \(sandbox.id) has lost its files and can only be deleted")
        }
        let plan = try RunPlan(request, id: id, in: sandbox, languages: languages, policy: policy)
        let report = RunReport(id: id, sandbox: sandbox.id, startedAt: clock())
        let runner = ProgramRunner(clock: clock, logger: logger, times: times)
        switch sandbox.mode {
        case .stateful:
            let spec = plan.spec(sandbox, storage: .disk(sandbox.id, mebibytes: sandbox.limits.diskMiB))
            return try await runner.run(plan, report: report) { () async throws(OutpostError) -> any SandboxHandle in
                await session.settle()
                return try await withRoom { () async throws(OutpostError) in try await session.live(spec) }
            }
        case .ephemeral:
            let spec = plan.spec(sandbox, storage: .memory(mebibytes: plan.run.limits.diskMiB))
            return try await runner.run(plan, report: report) { () async throws(OutpostError) -> any SandboxHandle in
                if let start = plan.start(in: sandbox), let handle = await pool.take(start) { return handle }
                return try await withRoom { () async throws(OutpostError) in try await driver.launch(spec) }
            } release: {
                tearDown($0)
            }
        }
    }

    /// Gives a sandbox back; the answer does not wait for it.
    private func tearDown(_ handle: any SandboxHandle) {
        let start = ContinuousClock.now
        handle.discard()
        Task { [metrics] in
            await handle.destroy()
            metrics.recordTeardown(since: start)
        }
    }

    /// Tries again once after idle sandboxes were unloaded, when what is missing is room.
    private func withRoom(
        _ body: () async throws(OutpostError) -> any SandboxHandle
    ) async throws(OutpostError) -> any SandboxHandle {
        do throws(OutpostError) {
            return try await body()
        } catch {
            guard [.unavailable, .insufficientStorage].contains(error.code), await makeRoom() else { throw error }
            return try await body()
        }
    }
}
