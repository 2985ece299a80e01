// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a judge says of a program and one test.
public enum Verdict: String, Sendable, CaseIterable {
    case accepted
    case wrongAnswer = "wrong_answer"
    /// The judge's own program did not say whether the answer is right.
    case judgeError = "judge_error"
    case timeLimitExceeded = "time_limit_exceeded"
    case memoryLimitExceeded = "memory_limit_exceeded"
    /// It wrote more to its standard output than is kept.
    case outputLimitExceeded = "output_limit_exceeded"
    /// It ended with another exit code than 0, by a signal, or with a full disk.
    case runtimeError = "runtime_error"
    case compileError = "compile_error"
    /// The program did not run to an end with this test.
    case skipped
}

/// How one test of a judge ended.
public struct TestResult: Hashable, Sendable {
    public var verdict: Verdict
    /// Which limit a test met whose verdict is `time_limit_exceeded`.
    public var limit: TimeLimit?
    /// Nil when a signal ended the program, or it never started.
    public var exitCode: Int?
    /// `SIGKILL` and the like, or nil.
    public var signal: String?
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput
    /// Wall time of the program, in milliseconds.
    public var durationMilliseconds: Double
    /// User and system time of the test's whole process tree, in milliseconds.
    public var cpuTimeMilliseconds: Double
    /// Highest memory charged to the test, in bytes.
    public var memoryPeakBytes: Int
    /// What the judge's own program said, or why it said nothing.
    public var message: String?

    public init(
        verdict: Verdict, limit: TimeLimit? = nil, exitCode: Int? = nil, signal: String? = nil,
        stdout: CapturedOutput = .init(), stderr: CapturedOutput = .init(), durationMilliseconds: Double = 0,
        cpuTimeMilliseconds: Double = 0,
        memoryPeakBytes: Int = 0, message: String? = nil
    ) {
        self.verdict = verdict
        self.limit = limit
        self.exitCode = exitCode
        self.signal = signal
        self.stdout = stdout
        self.stderr = stderr
        self.durationMilliseconds = durationMilliseconds
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.memoryPeakBytes = memoryPeakBytes
        self.message = message
    }
}
