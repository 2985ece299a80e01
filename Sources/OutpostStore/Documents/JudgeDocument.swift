// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The tests that judge a job's program. It is a part of `JobDocument` and has its version.
struct JudgeDocument: Codable {
    let tests: [Test]
    let comparison: Comparison
    let checker: Program?
    let interactor: Program?
    let stopsOnFailure: Bool

    struct Test: Codable {
        let stdin: StoredBytes
        let arguments: [String]
        let expectedStdout: String?
        let timeLimitMilliseconds: Int?
        let wallTimeLimitMilliseconds: Int?
        let memoryLimitMiB: Int?
    }

    /// A comparison by its name. Only `numbers` has a tolerance.
    struct Comparison: Codable {
        let name: String
        var tolerance: Double?
    }

    struct Program: Codable {
        let language: String
        let code: String
        let files: [ExecutionRequestDocument.File]
    }
}

extension JudgeDocument {
    init(_ request: JudgeRequest) {
        tests = request.tests.map(Test.init)
        comparison = Comparison(request.comparison)
        checker = request.checker.map(Program.init)
        interactor = request.interactor.map(Program.init)
        stopsOnFailure = request.stopsOnFailure
    }

    func value() throws -> JudgeRequest {
        JudgeRequest(
            tests: try tests.map { try $0.value() }, comparison: try comparison.value(),
            checker: try checker?.value(), interactor: try interactor?.value(), stopsOnFailure: stopsOnFailure)
    }
}

extension JudgeDocument.Test {
    init(_ test: JudgeTest) {
        stdin = StoredBytes(test.stdin)
        arguments = test.arguments
        expectedStdout = test.expectedStdout
        timeLimitMilliseconds = test.timeLimitMilliseconds
        wallTimeLimitMilliseconds = test.wallTimeLimitMilliseconds
        memoryLimitMiB = test.memoryLimitMiB
    }

    func value() throws -> JudgeTest {
        JudgeTest(
            stdin: try stdin.bytes(), arguments: arguments, expectedStdout: expectedStdout,
            timeLimitMilliseconds: timeLimitMilliseconds, wallTimeLimitMilliseconds: wallTimeLimitMilliseconds,
            memoryLimitMiB: memoryLimitMiB)
    }
}

extension JudgeDocument.Comparison {
    init(_ comparison: OutputComparison) {
        switch comparison {
        case .tokens: name = "tokens"
        case .exact: name = "exact"
        case .lines: name = "lines"
        case .numbers(let tolerance):
            name = "numbers"
            self.tolerance = tolerance
        }
    }

    func value() throws -> OutputComparison {
        guard name == "numbers", let tolerance else { return try OutputComparison(stored: name, "comparison") }
        return .numbers(tolerance: tolerance)
    }
}

extension OutputComparison {
    /// The comparison with that name. `numbers` is not accepted, because it needs a tolerance.
    ///
    /// - Throws: `UnreadableDocument`, which names `field`.
    init(stored name: String, _ field: String) throws {
        switch name {
        case "tokens": self = .tokens
        case "exact": self = .exact
        case "lines": self = .lines
        default:
            throw UnreadableDocument(reason: "\(field) is '\(name)', which this version of outpost does not know")
        }
    }
}

extension JudgeDocument.Program {
    init(_ program: JudgeProgram) {
        language = program.language
        code = program.code
        files = program.files.map(ExecutionRequestDocument.File.init)
    }

    func value() throws -> JudgeProgram {
        JudgeProgram(language: language, code: code, files: try files.map { try $0.value() })
    }
}
