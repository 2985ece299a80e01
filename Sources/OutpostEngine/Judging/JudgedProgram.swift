// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// What the tests of a judge run: a program that starts from its source, or one that was compiled for all of them.
struct JudgedProgram: Sendable {
    /// A compiled program outside of any sandbox.
    enum CompiledFile: Sendable {
        /// Given to each sandbox as a part of an open file.
        case cached(CachedProgram)
        /// Written into each sandbox.
        case bytes([UInt8])

        var size: Int {
            switch self {
            case .cached(let program): program.metadata.size
            case .bytes(let bytes): bytes.count
            }
        }
    }

    private let plan: RunPlan
    private let compiled: (step: ProgramSpec, output: String, file: CompiledFile)?

    /// A program whose every run does all that the plan says.
    init(_ plan: RunPlan) {
        self.plan = plan
        compiled = nil
    }

    /// A program whose compile step is done.
    ///
    /// - Parameter output: where the compile step leaves it.
    init(_ plan: RunPlan, compiledBy step: ProgramSpec, output: String, _ file: CompiledFile) {
        var plan = plan
        plan.compile = nil
        self.plan = plan
        compiled = (step, output, file)
    }

    /// The run with these arguments and files more, in a clean sandbox.
    func plan(arguments: [String], files: [SandboxFile]) -> RunPlan {
        var plan = plan
        plan.run.arguments += arguments
        addCompiledFile(to: &plan)
        plan.run.files += files
        return plan
    }

    /// The run with one test, in a clean sandbox.
    ///
    /// - Parameter mostMilliseconds: the longest that anything may run on this host.
    func plan(for test: JudgeTest, mostMilliseconds: Int) -> RunPlan {
        var plan = plan
        plan.run.stdin = test.stdin
        plan.run.arguments += test.arguments
        if let limit = test.timeLimitMilliseconds { plan.run.cpuTimeMilliseconds = limit }
        if let stop = test.stopMilliseconds { plan.run.limits.timeoutMilliseconds = min(stop, mostMilliseconds) }
        if test.wallTimeLimitMilliseconds == nil, test.timeLimitMilliseconds != nil {
            // Nobody asked for this stop, so a program that others keep from the processor gets longer to use its time.
            plan.run.starvedMilliseconds = min(plan.run.limits.timeoutMilliseconds * 10, mostMilliseconds)
        }
        if let limit = test.memoryLimitMiB {
            plan.run.environment = ProgramDefaults.adapted(
                plan.run.environment, from: plan.run.limits.memoryMiB, to: limit)
            plan.run.limits.memoryMiB = limit
        }
        // What contestants may use is memory, whatever they use it for.
        plan.run.usualStackMiB = plan.run.limits.memoryMiB
        addCompiledFile(to: &plan)
        return plan
    }

    /// Has a compiled program put into the sandbox.
    private func addCompiledFile(to plan: inout RunPlan) {
        guard let compiled else { return }
        plan.run = plan.run.following(compiled.step, output: compiled.output, size: compiled.file.size)
        switch compiled.file {
        case .cached(let program): plan.run.fileRegions = [program.region(at: compiled.output)]
        case .bytes(let bytes):
            plan.run.files.append(SandboxFile(path: compiled.output, content: bytes, mode: 0o755))
        }
    }
}
