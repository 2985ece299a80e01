// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// One test of a program that talks with a judge's own, each in a sandbox that nothing ran in before.
struct JudgeInteraction {
    let run: SandboxRun
    /// Describes the program's sandbox.
    let sandbox: Sandbox
    let report: RunReport
    let runner: ProgramRunner

    enum Side: Sendable {
        case program, interactor
    }

    /// How both ended.
    struct Ending {
        let program: Execution
        let interactor: Execution
        let first: Side

        /// Who has ended first was not ended by the other, so it is asked first; nil when nothing is known.
        func verdict(of test: JudgeTest) -> Verdict? {
            let own = Verdict(program, of: test, nil)
            let said = Verdict(checker: interactor)
            switch first {
            case .program: return own == .accepted ? said : own
            // It may have been stopped because of what the interactor said.
            case .interactor: return said == .accepted ? own : said
            }
        }

        /// Whose end tells nothing.
        var failed: Execution {
            Verdict(checker: interactor) == nil && (first == .interactor || program.status == .succeeded)
                ? interactor : program
        }
    }

    /// - Throws: what a run throws.
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
            while let (side, result) = await group.next() {
                // Not before: so who still runs cannot have been ended by the end of its input, or by SIGPIPE, before it is
                // known who was the first. What it writes from now on goes nowhere.
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
                return .failure(failure ?? OutpostError(.internal, "a test has no result"))
            }
            return .success(Ending(program: program, interactor: interactor, first: first))
        }
    }

    /// Whether the verdict is the other's when this one has ended first.
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
