// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
public import OutpostCore
import OutpostSandboxing

/// Whether a run may begin; it does not when this throws.
public typealias RunBeginning = @Sendable () async throws(OutpostError) -> Void

/// Runs a plan in a sandbox that is up: the compiler, then the program.
struct ProgramRunner {
    let clock: WallClock
    let logger: Logger
    let times: RunTimes
    /// Called each time when a program is on its way.
    var onStart: @Sendable () -> Void = {}
    /// Asked once, when there is a sandbox and before anything of the caller's runs in it.
    var begin: RunBeginning = {}
    /// Gets what the program writes, while it runs; not what a compiler writes.
    var output: LiveOutput?

    /// - Parameters:
    ///   - compilation: the compile step, when its outcome can be kept.
    ///   - sandbox: gives the sandbox, up.
    ///   - release: gets it back when the run is over.
    /// - Throws: what the caller must hear as an error of the call: a file that cannot be written, no room for a sandbox. A
    ///   failure of the platform during the run is an execution with status `sandbox_error`.
    func run(
        _ plan: RunPlan, report: RunReport, compilation: CacheableCompilation? = nil,
        in sandbox: () async throws(OutpostError) -> any RunningSandbox,
        release: (any RunningSandbox) -> Void = { _ in }
    ) async throws(OutpostError) -> Execution {
        var compiled: CompileResult?
        do throws(OutpostError) {
            let cached = await compilation?.program()
            times.enter(.spawn)
            var handle = try await sandbox()
            defer { release(handle) }
            try await begin()
            if let cached, let compilation, let compile = plan.compile {
                compiled = cached.result
                let program = compilation.run(cached, plan.run, after: compile)
                var result = try await start(.run, program, in: &handle, from: sandbox, release)
                result.memoryPeakBytes = min(result.memoryPeakBytes, plan.run.limits.memoryMiB << 20)
                return report.execution(result, compile: compiled, completedAt: clock())
            }
            var made: CompiledProgram?
            if let compile = plan.compile {
                let result = try await start(.compile, compile, in: &handle, from: sandbox, release)
                guard result.cause == nil, result.end == .exited(0) else {
                    return report.failedCompile(result, completedAt: clock())
                }
                compiled = report.compile(result)
                made = await compilation?.fetch(result, in: handle, like: compile)
            }
            // It is written down while the program runs.
            async let caching: Void = cache(made, compilation)
            let result = try await start(.run, plan.run, in: &handle, from: sandbox, release)
            await caching
            return report.execution(result, compile: compiled, completedAt: clock())
        } catch {
            guard error.code == .internal else { throw error }
            logger.error("a run failed in the platform", metadata: ["execution": "\(report.id)", "error": "\(error)"])
            return report.sandboxError(error, compile: compiled, completedAt: clock())
        }
    }

    private func cache(_ made: CompiledProgram?, _ compilation: CacheableCompilation?) async {
        if let made { await compilation?.insert(made) }
    }

    /// Runs a program; when it could not begin because its sandbox must be brought up anew, that is done, once.
    func start(
        _ step: RunStep, _ program: ProgramSpec, in handle: inout any RunningSandbox,
        from sandbox: () async throws(OutpostError) -> any RunningSandbox, _ release: (any RunningSandbox) -> Void
    ) async throws(OutpostError) -> ProgramResult {
        do throws(OutpostError) {
            times.enter(step)
            return try await handle.run(program, output: step == .run ? output : nil, onStart: onStart)
        } catch {
            guard error.code == .unavailable else { throw error }
            times.enter(.spawn)
            let fresh = try await sandbox()
            release(handle)
            handle = fresh
            times.enter(step)
            return try await fresh.run(program, output: step == .run ? output : nil, onStart: onStart)
        }
    }
}

/// What somebody wants of a run besides its result.
public struct RunWatch: Sendable {
    /// Asked when there is a sandbox and before anything of the caller's runs in it.
    public var begin: RunBeginning
    /// Gets what the program writes while it runs.
    public var output: LiveOutput?
    /// Whether the run comes from the queue of jobs, which bounds its runs itself.
    public var isQueued: Bool

    public init(begin: @escaping RunBeginning = {}, output: LiveOutput? = nil, isQueued: Bool = false) {
        self.begin = begin
        self.output = output
        self.isQueued = isQueued
    }
}
