// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// One run in a sandbox, from its turn to its execution.
struct SandboxRun: Sendable {
    let id: ExecutionID
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
    let memory: OutputShare
    let work: FairWork
    let turns: JudgeTurns
    let room: RoomForSandboxes

    /// Plans the run and executes it.
    ///
    /// - Throws: `conflict` for a sandbox that has lost its files; `rate_limited` and `unavailable` when there is no memory
    ///   for the output; the errors of `RunPlan` and `ProgramRunner.run`.
    func perform(_ sandbox: Sandbox, _ controller: SandboxController) async throws(OutpostError) -> Execution {
        guard sandbox.status != .failed else { throw SandboxService.lostFiles(sandbox.id) }
        let plan = try await plan(request, in: sandbox)
        try driver.check(plan.run)
        try await reserveOutput(plan.outputBytes)
        let report = RunReport(id: id, sandbox: sandbox.id, startedAt: clock())
        var runner = ProgramRunner(clock: clock, logger: logger, times: times)
        runner.begin = watch.begin
        runner.onProgramStart = watch.onStart
        runner.output = watch.output
        runner.input = watch.input
        switch sandbox.mode {
        case .stateful:
            let spec = plan.spec(sandbox)
            return try await runner.run(plan, report: report) { () async throws(OutpostError) -> any RunningSandbox in
                try await controller.waitForTeardown()
                return try await room.find { () async throws(OutpostError) in try await controller.live(spec) }
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

    /// Makes the plan. A language may derive the file name from the whole source. Therefore a long source is processed
    /// outside of the task pool.
    func plan(_ request: ExecutionRequest, in sandbox: Sandbox) async throws(OutpostError) -> RunPlan {
        var length = 0
        if case .code(let code, _) = request.program { length = code.utf8.count }
        return try await work.run(bytes: length, for: sandbox.namespace) {
            [id, languages, policy] () throws(OutpostError) in
            try RunPlan(request, id: id, in: sandbox, languages: languages, policy: policy)
        }
    }

    /// Reserves the memory that the run's output can take, so other runs can never stop or shorten it.
    ///
    /// - Throws: as `OutputShare.reserve`. A run of the job queue waits instead, because its job is accepted already.
    func reserveOutput(_ bytes: Int) async throws(OutpostError) {
        if watch.isQueued { await memory.wait(for: bytes) } else { try memory.reserve(bytes) }
    }

    /// Runs a plan in a clean sandbox, and destroys the sandbox afterwards.
    ///
    /// - Parameter compilation: the compile step, if its result can be cached.
    /// - Throws: the errors of `ProgramRunner.run`.
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

    /// Returns a clean sandbox for this plan: a warm one if possible.
    ///
    /// - Throws: the driver's errors when there is no capacity.
    func cleanSandbox(_ plan: RunPlan, _ sandbox: Sandbox) async throws(OutpostError) -> any RunningSandbox {
        if let key = driver.warmKey(plan, in: sandbox), let handle = await pool.acquire(key) { return handle }
        return try await room.find { () async throws(OutpostError) in try await pool.acquire(plan.spec(sandbox)) }
    }

    /// Starts a warm interpreter for the next program of a stateful sandbox, in the background. Most clients run a
    /// similar program next.
    private func startNextInterpreter(_ key: WarmKey?, in handle: any RunningSandbox) {
        guard let key, let sandbox = handle as? any WarmSandbox else { return }
        tasks.run { [pool] in
            // If the next program comes at once, the start of the interpreter would only compete with it for the
            // processor.
            do { try await Task.sleep(for: Self.pause) } catch { return }
            await pool.spares.keep(key, in: sandbox)
        }
    }

    private static let pause = Duration.milliseconds(20)

    /// Fills the pools that have no ready sandbox, while a program runs. Other pools are filled after the program.
    private func refillEmptyPools() {
        tasks.run { [pool] in await pool.refill(isUrgent: true) }
    }

    /// Destroys a sandbox and refills the pools, in the background.
    func tearDown(_ handle: any RunningSandbox) {
        let start = ContinuousClock.now
        // After a job without a judge, the queue stores the job's end first and then refills the pools.
        let isRefilledByQueue = watch.isQueued && request.judge == nil
        // A sandbox with a blocked process keeps counting as a run of its namespace: the same cause may block the next
        // one.
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
            "a killed process has not ended yet; its sandbox keeps its resources until the process ends",
            metadata: ["execution": "\(id)", "namespace": "\(namespace)"])
    }

    private func removeHeldUpRun() {
        quotas.give(.concurrentRuns, in: namespace)
        logger.notice("a killed process has ended; its sandbox is destroyed", metadata: ["execution": "\(id)"])
    }

    /// Returns the compile step of the run, if its result can be cached.
    func compilation(_ plan: RunPlan, _ sandbox: Sandbox) -> CacheableCompilation? {
        guard let compilations, let compile = plan.compile, let inputs = plan.cacheInputs else { return nil }
        let key = CompilationKey(
            compile, output: inputs.output, toolchain: inputs.toolchain, image: inputs.image,
            namespace: sandbox.namespace)
        return CacheableCompilation(cache: compilations, key: key, output: inputs.output)
    }
}
