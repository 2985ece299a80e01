// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a judge wants to know of a program.
public struct JudgeRequest: Hashable, Sendable {
    /// In the order in which they run and are answered.
    public var tests: [JudgeTest]
    public var comparison: OutputComparison
    /// Whether the tests after the first that is not accepted are skipped.
    public var stopsOnFailure: Bool

    public init(tests: [JudgeTest], comparison: OutputComparison = .tokens, stopsOnFailure: Bool = false) {
        self.tests = tests
        self.comparison = comparison
        self.stopsOnFailure = stopsOnFailure
    }
}

/// One run of the program, and what it must write.
public struct JudgeTest: Hashable, Sendable {
    public var stdin: [UInt8]
    /// Follow the request's own.
    public var arguments: [String]
    /// Nil when exit code 0 is enough.
    public var expectedStdout: String?
    /// Wall time in milliseconds; nil for the request's.
    public var timeLimitMilliseconds: Int?
    /// In MiB; nil for the request's.
    public var memoryLimitMiB: Int?

    public init(
        stdin: [UInt8] = [], arguments: [String] = [], expectedStdout: String? = nil,
        timeLimitMilliseconds: Int? = nil, memoryLimitMiB: Int? = nil
    ) {
        self.stdin = stdin
        self.arguments = arguments
        self.expectedStdout = expectedStdout
        self.timeLimitMilliseconds = timeLimitMilliseconds
        self.memoryLimitMiB = memoryLimitMiB
    }
}
