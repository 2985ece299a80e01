// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The judge's verdict on one test.
public enum Verdict: String, Sendable, CaseIterable {
    case accepted
    case wrongAnswer = "wrong_answer"
    /// The judge's own program failed to decide.
    case judgeError = "judge_error"
    case timeLimitExceeded = "time_limit_exceeded"
    case memoryLimitExceeded = "memory_limit_exceeded"
    /// The program wrote more to its standard output than is kept.
    case outputLimitExceeded = "output_limit_exceeded"
    /// The program ended with an exit code other than 0, by a signal, or on a full disk.
    case runtimeError = "runtime_error"
    case compileError = "compile_error"
    /// The test did not run, or not to its end.
    case skipped
}
