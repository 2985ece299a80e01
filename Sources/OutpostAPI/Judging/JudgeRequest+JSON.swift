// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The fields that turn an `execute` body into a judge request.
extension JudgeRequest {
    static let fields = [
        Field(
            "tests",
            .array(
                "Judge mode: the program is compiled once. It runs once for each test, in a clean sandbox.",
                of: JudgeTest.schema, count: 1...1000)),
        Field("compare", OutputComparison.schema.defaulting(to: "tokens")),
        Field(
            "checker",
            JudgeProgram.schema(
                "A program that decides whether an answer is right, in place of `compare`. Its arguments are the paths of "
                    + "the test's input, of the program's output, and of the expected output. It exits with 0 when the "
                    + "answer is right, and with 1 or 2 when it is wrong. It runs in its own sandbox.")),
        Field(
            "interactor",
            JudgeProgram.schema(
                "A program that talks with the judged program, in place of `compare` and `checker`. The standard output "
                    + "of each is the standard input of the other. Its arguments are the paths of the test's input, of a "
                    + "file that it may write, and of the expected output. Its exit codes mean the same as a checker's. "
                    + "It runs in its own sandbox."
            )),
        Field(
            "stop_on_failure",
            Schema.boolean("Whether to skip the tests after the first that is not accepted.").defaulting(to: false)),
    ]

    static let fieldRules: [FieldRule] = [
        .needs("compare", "tests"), .needs("checker", "tests"), .atMostOne("compare", "checker"),
        .needs("interactor", "tests"), .atMostOne("compare", "interactor"), .atMostOne("checker", "interactor"),
        .needs("stop_on_failure", "tests"), .atMostOne("tests", "stdin"),
        .atMostOne("tests", "stdin_base64"), .atMostOne("tests", "output_keep"),
        .atMostOne("tests", "interleaved"),
    ]

    /// Adds the judge's fields to a body.
    func write(to object: inout JSONObject) {
        object["tests"] = .array(tests.map(\.json))
        if let assistant {
            object[assistant.role.rawValue] = assistant.program.json
        } else {
            object["compare"] = comparison.json
        }
        object["stop_on_failure"] = .bool(stopsOnFailure)
    }

    /// Reads the judge's fields of a body; nil when it has no tests.
    static func members(of object: JSONObject) throws(OutpostError) -> JudgeRequest? {
        guard object["tests"] != nil else { return nil }
        return JudgeRequest(
            tests: try object.list("tests", decodedTest),
            comparison: try object.optional("compare", OutputComparison.init(json:)) ?? .tokens,
            checker: try JudgeProgram.member("checker", of: object),
            interactor: try JudgeProgram.member("interactor", of: object),
            stopsOnFailure: try object.optional("stop_on_failure", \.boolValue) ?? false)
    }
}

extension JudgeTest {
    static let schema = Schema.object(
        "One run of the program, and what it must write.",
        [
            Field("stdin", .string("The program's standard input.")),
            Field("stdin_base64", .string("The same in base64, for bytes that are not text.", checks: [.base64])),
            Field("args", .array("More arguments, after the request's `args`.", of: .argument, count: 0...1024)),
            Field(
                "expected_stdout",
                .string("What the program must write. Without it, the test is accepted when the exit code is 0.")),
            Field(
                "time_limit_ms",
                .integer(
                    "Processor time of this run in milliseconds, in place of the request's `cpu_time_ms`."
                )),
            Field(
                "wall_time_limit_ms",
                .integer(
                    "Wall time in milliseconds after which this run is stopped. Without it, the limit is three times "
                        + "`time_limit_ms` plus one second; without `time_limit_ms` too, the request's limit.")),
            Field(
                "memory_limit_mb",
                .integer(
                    "Memory of this run in MiB, in place of the request's limit.",
                    Int64(ResourceLimits.smallest.memoryMiB)...Int64.max)),
        ],
        rules: [.atMostOne("stdin", "stdin_base64")]
    ).named("JudgeTest")

    var json: JSONValue {
        var object = JSONObject()
        object.setBytes("stdin", stdin)
        object["args"] = .strings(arguments)
        object["expected_stdout"] = expectedStdout.map { .string($0) }
        object["time_limit_ms"] = timeLimitMilliseconds.map { .integer(Int64($0)) }
        object["wall_time_limit_ms"] = wallTimeLimitMilliseconds.map { .integer(Int64($0)) }
        object["memory_limit_mb"] = memoryLimitMiB.map { .integer(Int64($0)) }
        return .object(object)
    }

    init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            stdin: try object.bytes("stdin") ?? [], arguments: try object.list("args", \.stringValue),
            expectedStdout: try object.optional("expected_stdout", \.stringValue),
            timeLimitMilliseconds: try object.optional("time_limit_ms", \.integerValue),
            wallTimeLimitMilliseconds: try object.optional("wall_time_limit_ms", \.integerValue),
            memoryLimitMiB: try object.optional("memory_limit_mb", \.integerValue))
    }
}

private func decodedTest(_ json: JSONValue) throws(OutpostError) -> JudgeTest? {
    guard let object = json.objectValue else { return nil }
    return try JudgeTest(validated: object)
}
