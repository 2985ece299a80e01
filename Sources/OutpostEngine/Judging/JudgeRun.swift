// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers

/// A judge's run: the program is compiled once, and then runs once for each test, in a sandbox that nothing ran in before.
///
/// The tests run one after the other, since a time limit is one of wall time: with two side by side on two cores, the 90th
/// percentile of a program that computes went from 1.2 times its median to 1.7 times a median that was a third higher. And
/// to know whether the next test is to be skipped, the one before must have ended.
struct JudgeRun {
    let run: SandboxRun
    let judge: JudgeRequest
    let sandbox: Sandbox
    let plan: RunPlan
    let report: RunReport
    let runner: ProgramRunner

    /// - Throws: what a run with one program throws.
    func perform() async throws(OutpostError) -> Execution {
        guard let compile = plan.compile else { return try await runTests(JudgedProgram(plan), compile: nil) }
        switch try await JudgeCompilation(self, step: compile).perform() {
        case .program(let program, let result): return try await runTests(program, compile: result)
        case .failed(let execution): return execution
        }
    }

    private func runTests(
        _ program: JudgedProgram, compile: CompileResult?
    ) async throws(OutpostError) -> Execution {
        var runner = runner
        // It would be that of all tests, one after the other, with nothing between them.
        runner.output = nil
        // The compiler was the first that might begin.
        if compile?.cached == false { runner.begin = {} }
        var results: [TestResult] = []
        for test in judge.tests {
            guard !Task.isCancelled else { return execution(.cancelled, results, compile: compile) }
            let plan = program.plan(for: test)
            var ended = try await runner.run(plan, report: report) { () async throws(OutpostError) in
                try await run.cleanSandbox(plan, sandbox)
            } release: {
                run.tearDown($0)
            }
            runner.begin = {}
            guard let verdict = Verdict(ended, of: test, judge.comparison) else {
                return execution(ended.status, results, compile: compile, message: ended.message)
            }
            ended.memoryPeakBytes = program.memoryPeak(of: ended)
            results.append(TestResult(verdict, ended, outputLimit: outputLimit))
            if judge.stopsOnFailure, verdict != .accepted { break }
        }
        let isAccepted = results.allSatisfy { $0.verdict == .accepted }
        return execution(isAccepted ? .succeeded : .failed, results, compile: compile)
    }

    /// The execution of all tests; those without a result were skipped.
    private func execution(
        _ status: ExecutionStatus, _ results: [TestResult], compile: CompileResult?, message: String? = nil
    ) -> Execution {
        let skipped = repeatElement(TestResult.skipped, count: judge.tests.count - results.count)
        return Execution(
            id: report.id, sandboxID: report.sandbox, status: status,
            durationMilliseconds: results.reduce(0) { $0 + $1.durationMilliseconds },
            cpuTimeMilliseconds: results.reduce(0) { $0 + $1.cpuTimeMilliseconds },
            memoryPeakBytes: results.map(\.memoryPeakBytes).max() ?? 0, compile: compile,
            startedAt: report.startedAt, completedAt: runner.clock(), message: message, tests: results + skipped)
    }

    /// Bytes of each stream of a test that are given back: an answer must not grow with the number of tests.
    private var outputLimit: Int { Self.mostOutput / judge.tests.count }

    private static let mostOutput = 16 << 20
}
