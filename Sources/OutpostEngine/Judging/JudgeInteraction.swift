// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// One test with an interactor. The program and the interactor each run in a clean sandbox.
struct JudgeInteraction {
    let run: SandboxRun
    /// The description of the program's sandbox.
    let sandbox: Sandbox
    let report: RunReport
    let runner: ProgramRunner

    /// One of the two programs.
    enum Side: Sendable {
        case program, interactor
    }

    /// How both programs ended, and which ended first.
    struct Ending {
        let program: Execution
        let interactor: Execution
        let first: Side
        /// Whether the pipe to the interactor was full when the interactor ended.
        var isPipeFull = false

        /// Whether the interactor ran out of memory or disk while the program wrote faster than it read. An interactor that
        /// works with programs that take turns cannot be blamed for that.
        var isFlooded: Bool {
            first == .interactor && isPipeFull && [.outOfMemory, .diskFull].contains(interactor.status)
        }

        /// Returns the verdict of the test. Nil when there is none.
        ///
        /// The program that ended first was not stopped by the end of the other. Therefore its result decides first.
        func verdict(of test: JudgeTest) -> Verdict? {
            let own = Verdict(program, of: test, nil)
            let said = Verdict(checker: interactor)
            switch first {
            case .program: return own == .accepted ? said : own
            // The program may have ended because of the interactor's decision.
            case .interactor where isFlooded: return .outputLimitExceeded
            case .interactor: return said == .accepted ? own : said
            }
        }

        /// Returns the test's message.
        func message(_ verdict: Verdict) -> String? {
            if isFlooded {
                return
                    "the program wrote more than the interactor could read, and the interactor \(interactor.checkerEnd)"
            }
            return interactor.message(of: .interactor, verdict)
        }

        /// The execution without a result, when there is no verdict.
        var failed: Execution {
            Verdict(checker: interactor) == nil && (first == .interactor || program.status == .succeeded)
                ? interactor : program
        }
    }

    /// Runs both programs at one time, connected by two pipes, and waits for both.
    ///
    /// - Throws: the errors of a run.
    func perform(
        _ plan: RunPlan, with interactor: JudgeChecker, of test: JudgeTest
    ) async throws(OutpostError) -> Ending {
        let pipes = try run.driver.crossedPipes()
        defer { pipes.close() }
        var program = plan
        program.run.stdin = []
        program.run.stopsAtOutputLimit = false
        program.run.pipes = pipes.first
        let most = run.policy.maxima.timeoutMilliseconds
        let longest = max(program.run.limits.timeoutMilliseconds, program.run.starvedMilliseconds ?? 0)
        let other = interactor.plan(of: test, outlasting: longest, most: most, pipes.second)
        return try await both(program, other, in: interactor.sandbox, pipes).get()
    }

    private func both(
        _ program: RunPlan, _ interactor: RunPlan, in other: Sandbox, _ pipes: any CrossedPipes
    ) async -> Result<Ending, OutpostError> {
        await withTaskGroup(of: (side: Side, result: Result<Execution, OutpostError>).self) { group in
            group.addTask { (.program, await execution(program, in: sandbox)) }
            group.addTask { (.interactor, await execution(interactor, in: other)) }
            var ended: [Side: Execution] = [:]
            var first: Side?
            var failure: OutpostError?
            var isPipeFull = false
            while let (side, result) = await group.next() {
                // The pipes are closed only now. Before this point the other program could have ended because of the
                // end of its input or SIGPIPE, and it would be unknown which program ended first. The later output of
                // the other program is dropped.
                if side == .interactor { isPipeFull = pipes.isOutputFull(ofFirst: true) }
                pipes.endOutput(ofFirst: side == .program)
                switch result {
                case .success(let execution):
                    ended[side] = execution
                    if first == nil, !Self.leavesOpen(execution, side) { group.cancelAll() }
                case .failure(let error):
                    failure = failure ?? error
                    group.cancelAll()
                }
                first = first ?? side
            }
            guard failure == nil, let program = ended[.program], let interactor = ended[.interactor], let first else {
                return .failure(failure ?? OutpostError(.internal, "a test of the judge has no result"))
            }
            return .success(Ending(program: program, interactor: interactor, first: first, isPipeFull: isPipeFull))
        }
    }

    /// Whether the result of the first program leaves the decision to the other one.
    private static func leavesOpen(_ execution: Execution, _ side: Side) -> Bool {
        switch side {
        case .program: execution.status == .succeeded
        case .interactor: Verdict(checker: execution) == .accepted
        }
    }

    private func execution(_ plan: RunPlan, in sandbox: Sandbox) async -> Result<Execution, OutpostError> {
        do throws(OutpostError) {
            return .success(try await run.runInCleanSandbox(plan, sandbox, runner, report))
        } catch {
            return .failure(error)
        }
    }
}
