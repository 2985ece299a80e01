// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension Verdict {
    /// Returns the verdict of a run. Nil when there is none, because the run was cancelled or the platform failed.
    ///
    /// - Parameter comparison: nil when a checker compares the output.
    init?(_ execution: Execution, of test: JudgeTest, _ comparison: OutputComparison?) {
        if let compile = execution.compile, compile.exitCode != 0, execution.status != .cancelled {
            self = .compileError
            return
        }
        switch execution.status {
        case .timedOut: self = .timeLimitExceeded
        case .outOfMemory: self = .memoryLimitExceeded
        case .compileFailed: self = .compileError
        case .succeeded, .failed, .diskFull: self = Self.ofOutput(execution, test, comparison)
        case .cancelled, .sandboxError, .depsFailed: return nil
        }
    }

    /// Returns the verdict of a program that exceeded no limit of time or memory. Truncated output is not compared.
    private static func ofOutput(
        _ execution: Execution, _ test: JudgeTest, _ comparison: OutputComparison?
    ) -> Verdict {
        if execution.stdout.isTruncated { return .outputLimitExceeded }
        guard execution.status == .succeeded else { return .runtimeError }
        guard let expected = test.expectedStdout, let comparison else { return .accepted }
        return comparison.accepts(execution.stdout.bytes, expected: Array(expected.utf8)) ? .accepted : .wrongAnswer
    }
}

extension TestResult {
    /// The result of a test that did not run.
    static let skipped = TestResult(verdict: .skipped)

    /// Creates the result of a test from its execution.
    ///
    /// - Parameter outputLimit: maximum bytes of each stream in the result.
    init(_ verdict: Verdict, _ execution: Execution, outputLimit: Int) {
        self.init(
            verdict: verdict, limit: execution.limit, exitCode: execution.exitCode, signal: execution.signal,
            stdout: execution.stdout.limited(to: outputLimit), stderr: execution.stderr.limited(to: outputLimit),
            durationMilliseconds: execution.durationMilliseconds,
            cpuTimeMilliseconds: execution.cpuTimeMilliseconds, memoryPeakBytes: execution.memoryPeakBytes)
    }
}
