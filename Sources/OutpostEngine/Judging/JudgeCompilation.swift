// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

/// The compilation of a judged program or a checker. It is done once for all tests.
struct JudgeCompilation {
    enum Outcome {
        /// The program, and the result of its compiler if it has one.
        case program(JudgedProgram, CompileResult?)
        /// There is no program: the compiler failed, or the platform did.
        case failed(Execution)
    }

    private let run: SandboxRun
    private let plan: RunPlan
    private let step: ProgramSpec
    private let sandbox: Sandbox
    private let report: RunReport
    private let runner: ProgramRunner
    private let cacheable: CacheableCompilation?

    init(
        _ run: SandboxRun, _ plan: RunPlan, step: ProgramSpec, in sandbox: Sandbox, report: RunReport,
        runner: ProgramRunner
    ) {
        self.run = run
        self.plan = plan
        self.step = step
        self.sandbox = sandbox
        self.report = report
        self.runner = runner
        cacheable = run.compilation(plan, sandbox)
    }

    /// Compiles the program, or takes it from the cache.
    ///
    /// - Throws: the errors of a run.
    func perform() async throws(OutpostError) -> Outcome {
        if let cacheable, let cached = await cacheable.program() {
            return .program(program(at: cacheable.output, .cached(cached)), cached.result)
        }
        do throws(OutpostError) {
            return try await compile()
        } catch {
            guard error.code == .internal else { throw error }
            runner.logger.error(
                "a compilation failed in the platform",
                metadata: ["execution": "\(report.id)", "error": "\(error)"])
            return .failed(report.sandboxError(error, compile: nil, completedAt: runner.clock()))
        }
    }

    private func compile() async throws(OutpostError) -> Outcome {
        let clean = { () async throws(OutpostError) -> any RunningSandbox in
            try await run.cleanSandbox(plan, sandbox)
        }
        runner.times.enter(.spawn)
        var handle = try await clean()
        defer { run.tearDown(handle) }
        try await runner.begin()
        let result = try await runner.start(.compile, step, in: &handle, from: clean, run.tearDown)
        guard result.cause == nil, result.end == .exited(0) else { return failed(result) }
        let compiled = report.compile(result)
        guard let output = plan.output else { return .program(JudgedProgram(plan), compiled) }
        let made: CompiledProgram
        switch await CompiledProgram.fetch(result, from: output, in: handle, logger: runner.logger) {
        case .program(let program): made = program
        case .nothing(let reason): return failed(result, message: "the compiler left no program: \(reason)")
        // The program cannot be copied out of its sandbox. Therefore each test compiles it again.
        case .unknown: return .program(JudgedProgram(plan), compiled)
        }
        await cacheable?.insert(made)
        if let cached = await cacheable?.cached() { return .program(program(at: output, .cached(cached)), compiled) }
        return .program(program(at: output, .bytes(made.program)), compiled)
    }

    private func program(at output: String, _ file: JudgedProgram.CompiledFile) -> JudgedProgram {
        JudgedProgram(plan, compiledBy: step, output: output, file)
    }

    /// Returns the outcome of a failed compilation.
    ///
    /// - Parameter message: why there is no program, if the compiler itself did not fail.
    private func failed(_ result: ProgramResult, message: String? = nil) -> Outcome {
        var execution = report.failedCompile(result, completedAt: runner.clock())
        guard execution.status != .cancelled else { return .failed(execution) }
        execution.status = .compileFailed
        if let message { execution.message = message }
        return .failed(execution)
    }
}
