// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a judge wants to know of a program.
public struct JudgeRequest: Hashable, Sendable {
    /// In the order in which they run and are answered.
    public var tests: [JudgeTest]
    public var comparison: OutputComparison
    /// Says whether an answer is right, in place of a comparison; nil to compare.
    public var checker: JudgeProgram?
    /// Talks with the program and says whether it did well, in place of a comparison; nil when each test is one input.
    public var interactor: JudgeProgram?
    /// Whether the tests after the first that is not accepted are skipped.
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
    /// The judge's own program, and which of the two it is; nil when it has none.
    public var assistant: (role: JudgeRole, program: JudgeProgram)? {
        if let interactor { return (.interactor, interactor) }
        return checker.map { (.checker, $0) }
    }
}

/// What a program of the judge's own is for; the name is that of the request's field.
public enum JudgeRole: String, Sendable {
    case checker, interactor

    /// The part of the request that has its program.
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
    /// Beside the code: what it includes or reads.
    public var files: [SandboxFile]

    public init(language: String, code: String, files: [SandboxFile] = []) {
        self.language = language
        self.code = code
        self.files = files
    }
}

/// One run of the program, and what it must write.
public struct JudgeTest: Hashable, Sendable {
    public var stdin: [UInt8]
    /// Follow the request's own.
    public var arguments: [String]
    /// Nil when exit code 0 is enough.
    public var expectedStdout: String?
    /// Processor time of the program and all its processes in milliseconds; nil for the request's.
    public var timeLimitMilliseconds: Int?
    /// Wall time in milliseconds; nil for what follows from the other, or the request's when there is none.
    public var wallTimeLimitMilliseconds: Int?
    /// In MiB; nil for the request's.
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

    /// Wall time in milliseconds after which the test is stopped whatever it used of the processor; nil for the request's. By
    /// default it is three times the processor time and a second more.
    public var stopMilliseconds: Int? {
        if let wallTimeLimitMilliseconds { return wallTimeLimitMilliseconds }
        guard let limit = timeLimitMilliseconds else { return nil }
        let (triple, overflows) = limit.multipliedReportingOverflow(by: 3)
        return overflows || triple > .max - 1000 ? .max : triple + 1000
    }
}
