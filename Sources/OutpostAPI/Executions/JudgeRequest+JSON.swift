// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The part of an `execute` body that makes it a judge's.
extension JudgeRequest {
    static let fields = [
        Field(
            "tests",
            .array(
                "Judge mode: the program is compiled once, and runs once for each of these, each time in a clean sandbox.",
                of: JudgeTest.schema, count: 1...1000)),
        Field(
            "compare",
            Schema.enumeration(
                "How to compare: `tokens` takes any white space between words as the same, `exact` compares bytes.",
                OutputComparison.self
            ).defaulting(to: "tokens")),
        Field(
            "stop_on_failure",
            Schema.boolean("Whether to skip the tests after the first that is not accepted.").defaulting(to: false)),
    ]

    static let fieldRules: [FieldRule] = [
        .needs("compare", "tests"), .needs("stop_on_failure", "tests"), .atMostOne("tests", "stdin"),
        .atMostOne("tests", "stdin_base64"),
    ]

    /// Adds the members of this request to a body.
    func write(to object: inout JSONObject) {
        object["tests"] = .array(tests.map(\.json))
        object["compare"] = .string(comparison.rawValue)
        object["stop_on_failure"] = .bool(stopsOnFailure)
    }

    /// The judge's part of a body; nil when it has no tests.
    static func members(of object: JSONObject) throws(OutpostError) -> JudgeRequest? {
        guard object["tests"] != nil else { return nil }
        return JudgeRequest(
            tests: try object.list("tests", decodedTest),
            comparison: try object.optional("compare") { $0.oneOf(OutputComparison.self) } ?? .tokens,
            stopsOnFailure: try object.optional("stop_on_failure", \.boolValue) ?? false)
    }
}

extension JudgeTest {
    static let schema = Schema.object(
        "One run of the program, and what it must write.",
        [
            Field("stdin", .string("What the program reads.")),
            Field("stdin_base64", .string("The same in base64, for bytes that are not text.", checks: [.base64])),
            Field("args", .array("Follow the request's `args`.", of: .argument, count: 0...1024)),
            Field(
                "expected_stdout",
                .string("What the program must write. Without it, the test is accepted when the exit code is 0.")),
            Field(
                "time_limit_ms", .integer("Wall time of this run in milliseconds, in place of the request's limit.")),
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
        object["memory_limit_mb"] = memoryLimitMiB.map { .integer(Int64($0)) }
        return .object(object)
    }

    init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            stdin: try object.bytes("stdin") ?? [], arguments: try object.list("args", \.stringValue),
            expectedStdout: try object.optional("expected_stdout", \.stringValue),
            timeLimitMilliseconds: try object.optional("time_limit_ms", \.integerValue),
            memoryLimitMiB: try object.optional("memory_limit_mb", \.integerValue))
    }
}

private func decodedTest(_ json: JSONValue) throws(OutpostError) -> JudgeTest? {
    guard let object = json.objectValue else { return nil }
    return try JudgeTest(validated: object)
}
