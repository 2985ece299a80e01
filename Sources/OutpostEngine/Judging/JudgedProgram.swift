// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// The program of a judge's tests: source code, or a program that was compiled once for all tests.
struct JudgedProgram: Sendable {
    /// The compiled program, outside of any sandbox.
    enum CompiledFile: Sendable {
        /// In the cache. Each sandbox gets it as a part of an open file.
        case cached(CachedProgram)
        /// In memory. It is written into each sandbox.
        case bytes([UInt8])

        /// The size of the program, in bytes.
        var size: Int {
            switch self {
            case .cached(let program): program.metadata.size
            case .bytes(let bytes): bytes.count
            }
        }
    }

    private let plan: RunPlan
    private let compiled: (step: ProgramSpec, output: String, file: CompiledFile)?

    /// Creates a program that follows the whole plan in each run.
    init(_ plan: RunPlan) {
        self.plan = plan
        compiled = nil
    }

    /// Creates a program that is already compiled.
    ///
    /// - Parameter output: absolute path of the compiled program in the sandbox.
    init(_ plan: RunPlan, compiledBy step: ProgramSpec, output: String, _ file: CompiledFile) {
        var plan = plan
        plan.compile = nil
        self.plan = plan
        compiled = (step, output, file)
    }

    /// Returns a run in a clean sandbox with additional arguments and files.
    func plan(arguments: [String], files: [SandboxFile]) -> RunPlan {
        var plan = plan
        plan.run.arguments += arguments
        addCompiledFile(to: &plan)
        plan.run.files += files
        return plan
    }

    /// How many times its value a wall time limit can have, for a program that is kept from the processor. On a machine with much
    /// other work the kernel may leave a program in a nested cgroup less than a hundredth of a core.
    private static let mostExtension = 100

    /// Returns the run of one test, in a clean sandbox.
    ///
    /// - Parameter mostMilliseconds: the longest time that any program may run on this server.
    func plan(for test: JudgeTest, mostMilliseconds: Int) -> RunPlan {
        var plan = plan
        plan.run.stdin = test.stdin
        plan.run.arguments += test.arguments
        if let limit = test.timeLimitMilliseconds { plan.run.cpuTimeMilliseconds = limit }
        if let stop = test.stopMilliseconds { plan.run.limits.timeoutMilliseconds = min(stop, mostMilliseconds) }
        if test.wallTimeLimitMilliseconds == nil, test.timeLimitMilliseconds != nil {
            // The client did not set this wall time limit. Therefore it grows by the time for which the program waits
            // for a processor.
            plan.run.starvedMilliseconds = min(
                plan.run.limits.timeoutMilliseconds * Self.mostExtension, mostMilliseconds)
        }
        if let limit = test.memoryLimitMiB {
            plan.run.environment = ProgramDefaults.adapted(
                plan.run.environment, from: plan.run.limits.memoryMiB, to: limit)
            plan.run.limits.memoryMiB = limit
        }
        // The stack may use all of the test's memory.
        plan.run.usualStackMiB = plan.run.limits.memoryMiB
        addCompiledFile(to: &plan)
        return plan
    }

    /// Adds the compiled program to the files of a run.
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
