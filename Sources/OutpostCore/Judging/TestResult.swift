// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How one test of a judge ended.
public struct TestResult: Hashable, Sendable {
    public var verdict: Verdict
    /// The limit that a test with the verdict `time_limit_exceeded` reached.
    public var limit: TimeLimit?
    /// Nil when a signal ended the program or the program never started.
    public var exitCode: Int?
    /// The name of the signal that ended the program, such as `SIGKILL`; nil without one.
    public var signal: String?
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput
    /// Wall time of the program, in milliseconds.
    public var durationMilliseconds: Double
    /// User and system time of the test's whole process tree, in milliseconds.
    public var cpuTimeMilliseconds: Double
    /// Highest memory charged to the test, in bytes.
    public var memoryPeakBytes: Int
    /// The message of the judge's own program, or why it failed to decide.
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
