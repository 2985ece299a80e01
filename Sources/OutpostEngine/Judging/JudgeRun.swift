// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// A run with a judge. The program is compiled once, and then runs once for each test in a clean sandbox.
///
/// The tests run one after another, for two reasons. At one time they would share caches and memory bandwidth, and the
/// processor time of a program would vary. And a failed test may skip the tests after it.
struct JudgeRun {
    let run: SandboxRun
    let judge: JudgeRequest
    let sandbox: Sandbox
    let plan: RunPlan
    let report: RunReport
    let runner: ProgramRunner

    /// Runs all tests.
    ///
    /// - Throws: the errors of a run without a judge.
    func perform() async throws(OutpostError) -> Execution {
        let checking = try await assistantPlan()
        try await run.reserveOutput(reservedOutput(checking?.plan))
        var runner = runner
        // Live output would mix the output of all tests.
        runner.output = nil
        switch try await compiled(plan, in: sandbox, &runner) {
        case .program(let program, let result):
            guard let (role, plan, sandbox) = checking else {
                return try await runTests(program, nil, result, runner, reserved: reservedOutput(nil))
            }
            switch try await compiled(plan, in: sandbox, &runner) {
            case .program(let assistant, _):
                let checker = JudgeChecker(role: role, program: assistant, sandbox: sandbox)
                return try await runTests(program, checker, result, runner, reserved: reservedOutput(plan))
            case .failed(let execution): return withoutAssistant(role, execution, compile: result)
            }
        case .failed(var execution):
            let verdict: Verdict = execution.status == .compileFailed ? .compileError : .skipped
            execution.tests = judge.tests.map { _ in TestResult(verdict: verdict) }
            return execution
        }
    }

    /// Returns the plan of the checker or interactor, and the description of its sandbox. Nil when the judge has none.
    /// It may be refused, so this comes before anything runs.
    private func assistantPlan() async throws(OutpostError) -> (role: JudgeRole, plan: RunPlan, sandbox: Sandbox)? {
        guard let (role, program) = judge.assistant else { return nil }
        let sandbox = JudgeChecker.sandbox(like: sandbox, policy: run.policy)
        try run.languages.installed(program.language, for: role.parameter / .language)
        return (role, try await run.plan(JudgeChecker.request(program), in: sandbox), sandbox)
    }

    /// The most bytes of output of the compiler and of one test. The results of the tests come on top.
    private func reservedOutput(_ assistant: RunPlan?) -> Int { plan.outputBytes + (assistant?.outputBytes ?? 0) }

    /// Compiles a program for all tests. After a compilation `runner` does not call `begin` again.
    private func compiled(
        _ plan: RunPlan, in sandbox: Sandbox, _ runner: inout ProgramRunner
    ) async throws(OutpostError) -> JudgeCompilation.Outcome {
        guard let compile = plan.compile else { return .program(JudgedProgram(plan), nil) }
        let compilation = JudgeCompilation(run, plan, step: compile, in: sandbox, report: report, runner: runner)
        let outcome = try await compilation.perform()
        if case .program(_, let result) = outcome, result?.cached == false { runner.begin = {} }
        return outcome
    }

    /// Returns the result for a checker or interactor that does not compile. The program does not run then.
    private func withoutAssistant(_ role: JudgeRole, _ checker: Execution, compile: CompileResult?) -> Execution {
        guard checker.status == .compileFailed else {
            return execution(checker.status, [], compile: compile, message: checker.message)
        }
        let words = checker.compile.map { $0.stderr.bytes.isEmpty ? $0.stdout : $0.stderr } ?? checker.stderr
        var said = checker
        said.stderr = words
        let message =
            checker.message.map { "the \(role.rawValue) cannot be used: \($0)" } ?? said.message(of: role, .judgeError)
        let results = judge.tests.map { _ in TestResult(verdict: .judgeError, message: message) }
        return execution(.failed, results, compile: compile, message: message)
    }

    private func runTests(
        _ program: JudgedProgram, _ checker: JudgeChecker?, _ compile: CompileResult?, _ runner: ProgramRunner,
        reserved: Int
    ) async throws(OutpostError) -> Execution {
        var runner = runner
        var results: [TestResult] = []
        var kept = 0
        for test in judge.tests {
            guard !Task.isCancelled else { return execution(.cancelled, results, compile: compile) }
            let plan = program.plan(for: test, mostMilliseconds: run.policy.maxima.timeoutMilliseconds)
            let result: TestResult
            switch try await judged(test, plan, by: checker, &runner) {
            case .result(let known): result = known
            case .nothing(let status, let message):
                return execution(status, results, compile: compile, message: message)
            }
            results.append(result)
            kept += result.stdout.bytes.count + result.stderr.bytes.count
            await run.memory.wait(for: reserved + kept)
            if judge.stopsOnFailure, result.verdict != .accepted { break }
        }
        let isAccepted = results.allSatisfy { $0.verdict == .accepted }
        return execution(isAccepted ? .succeeded : .failed, results, compile: compile)
    }

    private enum Judgement {
        case result(TestResult)
        /// There is no verdict: the run was cancelled, or the platform failed.
        case nothing(ExecutionStatus, message: String?)
    }

    /// Runs one test. Afterwards `runner` does not call `begin` again.
    private func judged(
        _ test: JudgeTest, _ plan: RunPlan, by checker: JudgeChecker?, _ runner: inout ProgramRunner
    ) async throws(OutpostError) -> Judgement {
        if let checker, checker.role == .interactor {
            let turn = JudgeTurn(run.turns, sandbox.namespace)
            defer { turn.release() }
            await turn.acquire()
            guard !Task.isCancelled else { return .nothing(.cancelled, message: nil) }
            try await runner.begin()
            runner.begin = {}
            let interaction = JudgeInteraction(run: run, sandbox: sandbox, report: report, runner: runner)
            return judgement(try await interaction.perform(plan, with: checker, of: test), of: test)
        }
        let ended = try await perform(plan, in: sandbox, runner)
        runner.begin = {}
        return try await judged(test, ended, by: checker, runner)
    }

    /// Returns the result of a test with an interactor.
    private func judgement(_ ended: JudgeInteraction.Ending, of test: JudgeTest) -> Judgement {
        guard let verdict = ended.verdict(of: test) else {
            let failed = ended.failed
            return .nothing(failed.status, message: failed.message)
        }
        var result = TestResult(verdict, bounded(ended.program, by: test), outputLimit: outputLimit)
        if verdict != .timeLimitExceeded { result.limit = nil }
        result.message = ended.message(verdict)
        return .result(result)
    }

    /// Limits the memory peak to the test's limit. The sandbox of a compiled program has extra memory for the program's
    /// file.
    private func bounded(_ ended: Execution, by test: JudgeTest) -> Execution {
        var ended = ended
        let limit = test.memoryLimitMiB ?? plan.run.limits.memoryMiB
        ended.memoryPeakBytes = min(ended.memoryPeakBytes, limit << 20)
        return ended
    }

    private func judged(
        _ test: JudgeTest, _ ended: Execution, by checker: JudgeChecker?, _ runner: ProgramRunner
    ) async throws(OutpostError) -> Judgement {
        guard let verdict = Verdict(ended, of: test, checker == nil ? judge.comparison : nil) else {
            return .nothing(ended.status, message: ended.message)
        }
        var result = TestResult(verdict, bounded(ended, by: test), outputLimit: outputLimit)
        guard let checker, verdict == .accepted else { return .result(result) }
        let checked = try await perform(
            checker.plan(of: test, answer: ended.stdout.bytes), in: checker.sandbox, runner)
        guard let verdict = Verdict(checker: checked) else { return .nothing(checked.status, message: checked.message) }
        result.verdict = verdict
        result.message = checked.message(of: .checker, verdict)
        return .result(result)
    }

    /// Runs a program in a clean sandbox, when its namespace has a free turn.
    private func perform(
        _ plan: RunPlan, in sandbox: Sandbox, _ runner: ProgramRunner
    ) async throws(OutpostError) -> Execution {
        let turn = JudgeTurn(run.turns, sandbox.namespace)
        defer { turn.release() }
        var runner = runner
        let begin = runner.begin
        runner.begin = { () async throws(OutpostError) in
            await turn.acquire()
            try await begin()
        }
        return try await run.runInCleanSandbox(plan, sandbox, runner, report)
    }

    /// Returns the execution of all tests. Tests without a result are skipped.
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

    /// The maximum output of each stream in one test's result, in bytes. The size of the answer does not depend on the
    /// number of tests.
    private var outputLimit: Int { Self.mostOutput / judge.tests.count }

    private static let mostOutput = 16 << 20
}
