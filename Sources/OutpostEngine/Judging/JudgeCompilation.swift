// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostDrivers

/// The compile step of a judge's run, done once for all tests.
struct JudgeCompilation {
    enum Outcome {
        case program(JudgedProgram, CompileResult)
        /// There is nothing to test; all tests have a result.
        case failed(Execution)
    }

    private let judging: JudgeRun
    private let step: ProgramSpec
    private let reusable: ReusableCompilation?

    init(_ judging: JudgeRun, step: ProgramSpec) {
        self.judging = judging
        self.step = step
        reusable = judging.run.compilation(judging.plan, judging.sandbox)
    }

    func perform() async throws(OutpostError) -> Outcome {
        if let reusable, let kept = await reusable.program() {
            return .program(program(at: reusable.output, .kept(kept)), kept.result)
        }
        do throws(OutpostError) {
            return try await compile()
        } catch {
            guard error.code == .internal else { throw error }
            judging.runner.logger.error(
                "a compilation failed in the platform",
                metadata: ["execution": "\(judging.report.id)", "error": "\(error)"])
            return failed(
                judging.report.sandboxError(error, compile: nil, completedAt: judging.runner.clock()), .skipped)
        }
    }

    private func compile() async throws(OutpostError) -> Outcome {
        let runner = judging.runner
        let sandbox = { () async throws(OutpostError) -> any SandboxHandle in
            try await judging.run.cleanSandbox(judging.plan, judging.sandbox)
        }
        runner.times.enter(.spawn)
        var handle = try await sandbox()
        defer { judging.run.tearDown(handle) }
        try await runner.begin()
        let result = try await runner.start(.compile, step, in: &handle, from: sandbox, judging.run.tearDown)
        guard result.cause == nil, result.end == .exited(0) else { return failed(result) }
        let compiled = judging.report.compile(result)
        guard let output = judging.plan.output else { return .program(JudgedProgram(judging.plan), compiled) }
        let made: CompiledProgram
        switch await CompiledProgram.fetch(result, from: output, in: handle, like: step, logger: runner.logger) {
        case .program(let program): made = program
        case .nothing(let reason): return failed(result, message: "the compiler left no program: \(reason)")
        // It cannot be had out of its sandbox, so each test has its own compiler.
        case .unknown: return .program(JudgedProgram(judging.plan), compiled)
        }
        await reusable?.keep(made)
        if let kept = await reusable?.kept() { return .program(program(at: output, .kept(kept)), compiled) }
        return .program(program(at: output, .bytes(made.program)), compiled)
    }

    private func program(at output: String, _ binary: JudgedProgram.Binary) -> JudgedProgram {
        JudgedProgram(judging.plan, compiledBy: step, output: output, binary)
    }

    /// The compiler did not succeed, whatever ended it; `message` tells what, if that was not the compiler itself.
    private func failed(_ result: ProgramResult, message: String? = nil) -> Outcome {
        var execution = judging.report.failedCompile(result, completedAt: judging.runner.clock())
        guard execution.status != .cancelled else { return failed(execution, .skipped) }
        execution.status = .compileFailed
        execution.message = message ?? result.cause.flatMap(Self.message)
        return failed(execution, .compileError)
    }

    private func failed(_ execution: Execution, _ verdict: Verdict) -> Outcome {
        var execution = execution
        execution.tests = judging.judge.tests.map { _ in TestResult(verdict: verdict) }
        return .failed(execution)
    }

    private static func message(_ cause: ProgramResult.Cause) -> String? {
        switch cause {
        case .timeout: "the compiler ran out of time"
        case .memory: "the compiler ran out of memory"
        case .diskFull: "the compiler filled its disk"
        case .cancelled: nil
        }
    }
}
