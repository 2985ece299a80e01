// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
public import OutpostCore
import OutpostSandboxing

/// Decides whether a run may begin. An error stops the run.
public typealias RunBeginning = @Sendable () async throws(OutpostError) -> Void

/// Runs a plan in a live sandbox: first the compiler, then the program.
struct ProgramRunner {
    let clock: WallClock
    let logger: Logger
    let times: RunTimes
    /// Called when the compiler or the program has started.
    var onStart: @Sendable () -> Void = {}
    /// Called when the program has started, or each program of a judge.
    var onProgramStart: @Sendable () -> Void = {}
    /// Called once, after the sandbox is ready and before anything of the caller runs in it.
    var begin: RunBeginning = {}
    /// Receives the output of the program while it runs. It does not receive the output of a compiler.
    var output: LiveOutput?
    /// Gets more input for the program while it runs. Nil when the program's input is complete before.
    var input: ProgramInput?

    /// Runs the compiler, if the plan has one, and then the program.
    ///
    /// - Parameters:
    ///   - compilation: the compile step, if its result can be cached.
    ///   - sandbox: gives a live sandbox.
    ///   - release: receives the sandbox after the run.
    /// - Throws: errors that the client must see as an error of the call: a file that cannot be written, no capacity
    ///   for a sandbox. A failure of the platform during the run becomes an execution with the status `sandbox_error`.
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
            // The program is cached while it runs.
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

    /// Runs a program. If it could not start because its sandbox must be launched again, this launches the sandbox
    /// again and tries once more.
    func start(
        _ step: RunStep, _ program: ProgramSpec, in handle: inout any RunningSandbox,
        from sandbox: () async throws(OutpostError) -> any RunningSandbox, _ release: (any RunningSandbox) -> Void
    ) async throws(OutpostError) -> ProgramResult {
        let (onStart, onProgramStart) = (onStart, onProgramStart)
        let started: @Sendable () -> Void = {
            onStart()
            if step == .run { onProgramStart() }
        }
        do throws(OutpostError) {
            times.enter(step)
            return try await perform(step, program, in: handle, started)
        } catch {
            guard error.code == .unavailable else { throw error }
            times.enter(.spawn)
            let fresh = try await sandbox()
            release(handle)
            handle = fresh
            times.enter(step)
            return try await perform(step, program, in: fresh, started)
        }
    }

    private func perform(
        _ step: RunStep, _ program: ProgramSpec, in handle: any RunningSandbox,
        _ onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult {
        guard step == .run, let input else {
            return try await handle.run(program, output: step == .run ? output : nil, onStart: onStart)
        }
        return try await handle.complete(program, output: output, onBegin: { input.start($0) }, onStart: onStart)
    }
}

/// What the caller of a run wants besides the result.
public struct RunWatch: Sendable {
    /// Called once, after the sandbox is ready and before anything of the caller runs in it.
    public var begin: RunBeginning
    /// Called when the program has started. A judge calls it for each program.
    var onStart: @Sendable () -> Void = {}
    /// Receives the output of the program while it runs.
    public var output: LiveOutput?
    /// Gets more input for the program while it runs.
    var input: ProgramInput?
    /// Whether the run comes from the job queue, which limits its own runs.
    public var isQueued: Bool
    /// Counts the memory of the run's output, also after the run. Nil counts it during the run only.
    public var memory: OutputShare?

    /// Creates a watch. By default every run may begin, and nobody receives its output.
    public init(
        begin: @escaping RunBeginning = {}, output: LiveOutput? = nil, isQueued: Bool = false,
        memory: OutputShare? = nil
    ) {
        self.begin = begin
        self.output = output
        self.isQueued = isQueued
        self.memory = memory
    }
}
