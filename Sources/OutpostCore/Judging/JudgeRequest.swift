// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The tests of a program, and how to judge their outputs.
public struct JudgeRequest: Hashable, Sendable {
    /// The tests, in the order of the runs and the answers.
    public var tests: [JudgeTest]
    public var comparison: OutputComparison
    /// Decides whether an output is right. Nil when `comparison` decides.
    public var checker: JudgeProgram?
    /// Talks with the program while it runs and decides whether it is right. Nil when each test is one input.
    public var interactor: JudgeProgram?
    /// Whether tests after the first failed one are skipped.
    public var stopsOnFailure: Bool

    public init(
        tests: [JudgeTest], comparison: OutputComparison = .tokens, checker: JudgeProgram? = nil,
        interactor: JudgeProgram? = nil, stopsOnFailure: Bool = false
    ) {
        self.tests = tests
        self.comparison = comparison
        self.checker = checker
        self.interactor = interactor
        self.stopsOnFailure = stopsOnFailure
    }
}

extension JudgeRequest {
    /// The judge's own program and its role; nil when the judge has none.
    public var assistant: (role: JudgeRole, program: JudgeProgram)? {
        if let interactor { return (.interactor, interactor) }
        return checker.map { (.checker, $0) }
    }
}

/// The role of a judge's own program. The raw value is the name of the request's field.
public enum JudgeRole: String, Sendable {
    case checker, interactor

    /// The part of the request that has the program.
    public var parameter: Parameter {
        switch self {
        case .checker: .checker
        case .interactor: .interactor
        }
    }
}

/// A program of the judge's own.
public struct JudgeProgram: Hashable, Sendable {
    public var language: String
    public var code: String
    /// Files that the program includes or reads.
    public var files: [SandboxFile]

    public init(language: String, code: String, files: [SandboxFile] = []) {
        self.language = language
        self.code = code
        self.files = files
    }
}

/// One run of the program with its input and its expected output.
public struct JudgeTest: Hashable, Sendable {
    public var stdin: [UInt8]
    /// Arguments after the arguments of the request.
    public var arguments: [String]
    /// The expected standard output. Nil when exit code 0 is enough.
    public var expectedStdout: String?
    /// The limit of the processor time of all the program's processes, in milliseconds; nil for the request's limit.
    public var timeLimitMilliseconds: Int?
    /// The limit of wall time in milliseconds; nil for the default of `stopMilliseconds`.
    public var wallTimeLimitMilliseconds: Int?
    /// The memory limit in MiB; nil for the request's limit.
    public var memoryLimitMiB: Int?

    public init(
        stdin: [UInt8] = [], arguments: [String] = [], expectedStdout: String? = nil,
        timeLimitMilliseconds: Int? = nil, wallTimeLimitMilliseconds: Int? = nil, memoryLimitMiB: Int? = nil
    ) {
        self.stdin = stdin
        self.arguments = arguments
        self.expectedStdout = expectedStdout
        self.timeLimitMilliseconds = timeLimitMilliseconds
        self.wallTimeLimitMilliseconds = wallTimeLimitMilliseconds
        self.memoryLimitMiB = memoryLimitMiB
    }

    /// The wall time in milliseconds after which the test is stopped: `wallTimeLimitMilliseconds`, or else three times
    /// `timeLimitMilliseconds` and one second. Nil for the request's limit when the test has neither.
    public var stopMilliseconds: Int? {
        if let wallTimeLimitMilliseconds { return wallTimeLimitMilliseconds }
        guard let limit = timeLimitMilliseconds else { return nil }
        let (triple, overflows) = limit.multipliedReportingOverflow(by: 3)
        return overflows || triple > .max - 1000 ? .max : triple + 1000
    }
}
