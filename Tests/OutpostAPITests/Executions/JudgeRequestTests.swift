// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

private let base = #"{"language":"python","code":"1","tests":[{}]}"#
private let withoutTests = #"{"language":"python","code":"1"}"#

/// The judge's part of an `execute` body.
struct JudgeRequestTests {
    @Test(arguments: badValues)
    func aBadFieldIsNamed(bad: BadValue) throws {
        #expect(
            refusal(of: try body(base, bad.name, bad.value), as: ExecuteRequest.self)
                == Refusal(code: .invalidRequest, field: bad.field, problem: bad.problem))
    }

    @Test(arguments: [
        ("compare", #""exact""#), ("stop_on_failure", "false"), ("checker", #"{"language":"go","code":""}"#),
    ])
    func whatIsOnlyForTestsNeedsTests(name: String, value: String) throws {
        #expect(
            refusal(of: try body(withoutTests, name, value), as: ExecuteRequest.self)
                == Refusal(code: .invalidRequest, field: name, problem: "needs tests"))
    }

    @Test(arguments: ["tests", "compare", "stop_on_failure"]) func execTakesNoTests(name: String) throws {
        #expect(
            refusal(of: try body(#"{"code":"1"}"#, name, "[{}]"), as: ExecutionRequest.self)
                == Refusal(code: .invalidRequest, field: name, problem: "is not a known field"))
    }

    @Test func everyFieldIsTaken() throws {
        let text = """
            {"language":"python","code":"1","cpu_time_ms":900,"args":["a"],"compare":"exact","stop_on_failure":true,"tests":[
             {"stdin":"1 2","args":["b"],"expected_stdout":"3\\r\\n","time_limit_ms":100,"memory_limit_mb":64,
              "wall_time_limit_ms":5000},
             {"stdin_base64":"/wA=","expected_stdout":""},{}]}
            """
        let judge = JudgeRequest(
            tests: [
                JudgeTest(
                    stdin: Array("1 2".utf8), arguments: ["b"], expectedStdout: "3\r\n", timeLimitMilliseconds: 100,
                    wallTimeLimitMilliseconds: 5000, memoryLimitMiB: 64),
                JudgeTest(stdin: [0xFF, 0], expectedStdout: ""), JudgeTest(),
            ], comparison: .exact, stopsOnFailure: true)
        let expected = ExecuteRequest(
            language: "python",
            execution: ExecutionRequest(
                program: .code("1", language: "python"), cpuTimeMilliseconds: 900, arguments: ["a"], judge: judge))
        let request = try ExecuteRequest(request: Array(text.utf8))
        #expect(request == expected)
        #expect(try ExecuteRequest(request: request.json.bytes) == expected)
    }

    @Test func tokensAreComparedAndAllTestsRunUnlessItIsSaid() throws {
        let request = try ExecuteRequest(request: Array(base.utf8))
        #expect(request.execution.judge == JudgeRequest(tests: [JudgeTest()]))
        #expect(request.execution.judge?.comparison == .tokens)
        #expect(request.execution.judge?.stopsOnFailure == false)
        #expect(try ExecuteRequest(request: Array(withoutTests.utf8)).execution.judge == nil)
    }

    @Test(arguments: [
        (#""tokens""#, OutputComparison.tokens), (#""exact""#, .exact), (#""lines""#, .lines),
        (#"{"numbers":1e-6}"#, .numbers(tolerance: 1e-6)), (#"{"numbers":1}"#, .numbers(tolerance: 1)),
    ]) func eachComparisonIsReadAndWritten(value: String, comparison: OutputComparison) throws {
        let request = try ExecuteRequest(request: Array(try body(base, "compare", value).utf8))
        #expect(request.execution.judge?.comparison == comparison)
        #expect(try ExecuteRequest(request: request.json.bytes) == request)
    }

    @Test func anInteractorIsReadAndWritten() throws {
        let value = #"{"language":"go","code":"x","files":[{"path":"a.h","content":"b"}]}"#
        let request = try ExecuteRequest(request: Array(try body(base, "interactor", value).utf8))
        #expect(request.execution.judge?.interactor?.files.map(\.path) == ["a.h"])
        #expect(request.execution.judge?.assistant?.role == .interactor)
        #expect(try ExecuteRequest(request: request.json.bytes) == request)
        #expect(
            refusal(of: try body(withoutTests, "interactor", value), as: ExecuteRequest.self)
                == Refusal(code: .invalidRequest, field: "interactor", problem: "needs tests"))
        for (name, other) in [("compare", #""exact""#), ("checker", value)] {
            let both = try body(try body(base, "interactor", value), name, other)
            #expect(
                refusal(of: both, as: ExecuteRequest.self)
                    == Refusal(
                        code: .invalidRequest, field: "interactor", problem: "must not be given together with \(name)"))
        }
    }

    @Test func aCheckerIsReadAndWritten() throws {
        let checker = #"{"language":"go","code":"package main","files":[{"path":"a.h","content":"x"}]}"#
        let request = try ExecuteRequest(request: Array(try body(base, "checker", checker).utf8))
        let file = SandboxFile(path: "a.h", content: Array("x".utf8))
        #expect(
            request.execution.judge?.checker == JudgeProgram(language: "go", code: "package main", files: [file]))
        #expect(try ExecuteRequest(request: request.json.bytes) == request)
        let both = try body(body(base, "checker", checker), "compare", #""exact""#)
        #expect(refusal(of: both, as: ExecuteRequest.self)?.problem == "must not be given together with compare")
    }

    @Test func aThousandTestsAreTaken() throws {
        let tests = "[" + repeatElement("{}", count: 1000).joined(separator: ",") + "]"
        let request = try ExecuteRequest(request: Array(try body(base, "tests", tests).utf8))
        #expect(request.execution.judge?.tests.count == 1000)
    }

    private static let badValues: [BadValue] =
        wrongForms(["tests"], "an array").filter { $0.value != "[]" } + wrongForms(["stop_on_failure"], "a boolean")
        + [
            ("stdin", "a string"), ("expected_stdout", "a string"), ("args", "an array"),
            ("time_limit_ms", "an integer"), ("wall_time_limit_ms", "an integer"), ("memory_limit_mb", "an integer"),
        ].flatMap { name, article in
            wrongForms([name], article).map { test("{\"\(name)\":\($0.value)}", name, $0.problem) }
        } + [
            BadValue("tests", "[]", "must not be empty"),
            BadValue(
                "tests", "[" + repeatElement("{}", count: 1001).joined(separator: ",") + "]",
                "must have at most 1000 items"),
            BadValue("tests", "[1]", "must be an object, not an integer", at: "tests[0]"),
            BadValue("tests", "[{},null]", "must not be null", at: "tests[1]"),
            test(#"{"time_limit_ms":0}"#, "time_limit_ms", "must be at least 1"),
            test(#"{"wall_time_limit_ms":0}"#, "wall_time_limit_ms", "must be at least 1"),
            test(#"{"memory_limit_mb":3}"#, "memory_limit_mb", "must be at least 4"),
            test(#"{"stdin_base64":"x"}"#, "stdin_base64", "must be base64"),
            test(#"{"stdin":"","stdin_base64":""}"#, "stdin_base64", "must not be given together with stdin"),
            test(#"{"expected":""}"#, "expected", "is not a known field"),
            BadValue("tests", #"[{"args":["\u0000"]}]"#, "must not contain NUL", at: "tests[0].args[0]"),
            BadValue("compare", "\"fuzzy\"", "must be one of tokens, exact, lines"),
            BadValue("checker", #"{"code":""}"#, "is required", at: "checker.language"),
            BadValue("checker", #"{"language":"go"}"#, "is required", at: "checker.code"),
            BadValue("checker", #""true""#, "must be an object, not a string"),
            BadValue("checker", #"{"language":"go","code":"","args":[]}"#, "is not a known field", at: "checker.args"),
            BadValue("compare", "1", "must be a string or an object"),
            BadValue("compare", "{}", "is required", at: "compare.numbers"),
            BadValue("compare", #"{"numbers":0}"#, "must be above 0", at: "compare.numbers"),
            BadValue("compare", #"{"numbers":-1e-6}"#, "must be above 0", at: "compare.numbers"),
            BadValue("compare", #"{"numbers":"1e-6"}"#, "must be a number, not a string", at: "compare.numbers"),
            BadValue("compare", #"{"numbers":1,"words":1}"#, "is not a known field", at: "compare.words"),
            BadValue("compare", "null", "must not be null"),
            BadValue("stdin", "\"\"", "must not be given together with tests"),
            BadValue("stdin_base64", "\"\"", "must not be given together with tests"),
            BadValue("output_keep", "\"head\"", "must not be given together with tests"),
            BadValue("interleaved", "true", "must not be given together with tests"),
        ]

    private static func test(_ value: String, _ name: String, _ problem: String) -> BadValue {
        BadValue("tests", "[{},\(value)]", problem, at: "tests[1].\(name)")
    }
}
