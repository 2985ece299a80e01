// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// One run, from its turn to its execution.
struct SandboxRun: Sendable {
    let id = ExecutionID()
    let request: ExecutionRequest
    let namespace: NamespaceName
    let driver: any SandboxDriver
    let quotas: QuotaLedger
    let pool: WarmPools
    let languages: LanguageInventory
    let compilations: CompilationCache?
    let policy: LimitPolicy
    let clock: WallClock
    let logger: Logger
    let metrics: EngineMetrics
    let tasks: TaskOwner
    let times: RunTimes
    let watch: RunWatch
    let work: FairWork
    let turns: JudgeTurns
    /// Gives back something that can be had again, when it is what the error is about; true when there was something.
    let makeRoom: @Sendable (ErrorCode) async -> Bool

    func perform(_ sandbox: Sandbox, _ controller: SandboxController) async throws(OutpostError) -> Execution {
        guard sandbox.status != .failed else {
            throw OutpostError(.conflict, "sandbox \(sandbox.id) has lost its files and can only be deleted")
        }
        let plan = try await plan(request, in: sandbox)
        try driver.check(plan.run)
        let report = RunReport(id: id, sandbox: sandbox.id, startedAt: clock())
        var runner = ProgramRunner(clock: clock, logger: logger, times: times)
        runner.begin = watch.begin
        runner.output = watch.output
        switch sandbox.mode {
        case .stateful:
            let spec = plan.spec(sandbox)
            return try await runner.run(plan, report: report) { () async throws(OutpostError) -> any RunningSandbox in
                try await controller.waitForTeardown()
                return try await withRoom { () async throws(OutpostError) in try await controller.live(spec) }
            } release: {
                startNextInterpreter(driver.warmKey(plan, in: sandbox), in: $0)
            }
        case .ephemeral:
            runner.onStart = refillEmptyPools
            if let judge = request.judge {
                return try await JudgeRun(
                    run: self, judge: judge, sandbox: sandbox, plan: plan, report: report, runner: runner
                ).perform()
            }
            return try await runInCleanSandbox(
                plan, sandbox, runner, report, compilation: compilation(plan, sandbox))
        }
    }

    /// The name of a file may depend on all of a long source.
    func plan(_ request: ExecutionRequest, in sandbox: Sandbox) async throws(OutpostError) -> RunPlan {
        var length = 0
        if case .code(let code, _) = request.program { length = code.utf8.count }
        return try await work.run(bytes: length, for: sandbox.namespace) {
            [id, languages, policy] () throws(OutpostError) in
            try RunPlan(request, id: id, in: sandbox, languages: languages, policy: policy)
        }
    }

    /// Runs what the plan says in a sandbox that nothing has run in and nothing runs in afterwards.
    ///
    /// - Parameter compilation: the compile step, when its outcome can be kept.
    /// - Throws: as `ProgramRunner.run`.
    func runInCleanSandbox(
        _ plan: RunPlan, _ sandbox: Sandbox, _ runner: ProgramRunner, _ report: RunReport,
        compilation: CacheableCompilation? = nil
    ) async throws(OutpostError) -> Execution {
        try await runner.run(plan, report: report, compilation: compilation) {
            () async throws(OutpostError) -> any RunningSandbox in
            try await cleanSandbox(plan, sandbox)
        } release: {
            tearDown($0)
        }
    }

    /// A sandbox for this plan that nothing has run in.
    func cleanSandbox(_ plan: RunPlan, _ sandbox: Sandbox) async throws(OutpostError) -> any RunningSandbox {
        if let key = driver.warmKey(plan, in: sandbox), let handle = await pool.acquire(key) { return handle }
        return try await withRoom { () async throws(OutpostError) in try await pool.acquire(plan.spec(sandbox)) }
    }

    /// Who runs a program in a stateful sandbox often runs one like it next; the answer does not wait for that.
    private func startNextInterpreter(_ key: WarmKey?, in handle: any RunningSandbox) {
        guard let key, let sandbox = handle as? any WarmSandbox else { return }
        tasks.run { [pool] in
            // One that comes right after the answer would only share the machine with the interpreter's start.
            do { try await Task.sleep(for: Self.pause) } catch { return }
            await pool.spares.keep(key, in: sandbox)
        }
    }

    private static let pause = Duration.milliseconds(20)

    /// While a run's program works, only what somebody else would have to wait for is made.
    private func refillEmptyPools() {
        tasks.run { [pool] in await pool.refill(isUrgent: true) }
    }

    /// Gives a sandbox back; the answer does not wait for it, nor for those that take its place.
    func tearDown(_ handle: any RunningSandbox) {
        let start = ContinuousClock.now
        // The end of a job is to be written down first, which the making of sandboxes would only hold up.
        let isRefilledByQueue = watch.isQueued && request.judge == nil
        // It goes on to take a place of its namespace's: what holds it up may hold up the next as well.
        let isHeldUp = handle.isHeldUp
        if isHeldUp { addHeldUpRun() }
        handle.discard()
        tasks.run { [metrics, pool] in
            await handle.destroy()
            if isHeldUp { removeHeldUpRun() }
            metrics.recordTeardown(since: start)
            if !isRefilledByQueue { await pool.refill() }
        }
    }

    private func addHeldUpRun() {
        quotas.add(.concurrentRuns, in: namespace)
        logger.error(
            "a killed process has not ended; its sandbox keeps its resources until then",
            metadata: ["execution": "\(id)", "namespace": "\(namespace)"])
    }

    private func removeHeldUpRun() {
        quotas.give(.concurrentRuns, in: namespace)
        logger.notice("a killed process has ended at last", metadata: ["execution": "\(id)"])
    }

    /// The run's compile step, when its outcome can be kept.
    func compilation(_ plan: RunPlan, _ sandbox: Sandbox) -> CacheableCompilation? {
        guard let compilations, let compile = plan.compile, let inputs = plan.cacheInputs else { return nil }
        let key = CompilationKey(
            compile, output: inputs.output, toolchain: inputs.toolchain, image: inputs.image,
            namespace: sandbox.namespace)
        return CacheableCompilation(cache: compilations, key: key, output: inputs.output)
    }

    /// Tries again when idle sandboxes were unloaded, as long as there are any and what is missing is room.
    private func withRoom(
        _ body: () async throws(OutpostError) -> any RunningSandbox
    ) async throws(OutpostError) -> any RunningSandbox {
        while true {
            do throws(OutpostError) {
                return try await body()
            } catch {
                guard [.unavailable, .rateLimited, .insufficientStorage].contains(error.code),
                    !(error.cause is SandboxController.HeldUp), await makeRoom(error.code)
                else { throw error }
            }
        }
    }
}
