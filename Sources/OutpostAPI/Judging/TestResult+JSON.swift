// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension TestResult {
    static let schema = Schema.object(
        "How one test ended.",
        [
            Field("verdict", .enumeration("", Verdict.self), required: true),
            Field(
                "limit",
                .enumeration(
                    "The limit that stopped a test that exceeded its time; null for other tests.", TimeLimit.self
                )
                .orNull),
            Field("exit_code", .exitCode.orNull, required: true),
            Field("signal", .string("`SIGKILL` and the like, or null.").orNull, required: true),
            Field("duration_ms", .number("Wall time of the program.", from: 0), required: true),
            Field("cpu_time_ms", .number("User and system time of all its processes.", from: 0), required: true),
            Field(
                "memory_peak_bytes",
                .integer(
                    "The most memory that the test used at one time, without the files that exist at its end.",
                    0...Int64.max),
                required: true),
            Field("message", .string("The checker's message, or why it gave none; or null.").orNull),
        ] + CapturedOutput.fields, isOpen: true
    ).named("TestResult")

    var json: JSONValue {
        var object = JSONObject([
            (name: "verdict", value: .string(verdict.rawValue)), (name: "limit", value: .optional(limit?.rawValue)),
            (name: "exit_code", value: .optional(exitCode)), (name: "signal", value: .optional(signal)),
        ])
        object.setOutput("stdout", stdout)
        object.setOutput("stderr", stderr)
        object["duration_ms"] = .milliseconds(durationMilliseconds)
        object["cpu_time_ms"] = .milliseconds(cpuTimeMilliseconds)
        object["memory_peak_bytes"] = .integer(Int64(memoryPeakBytes))
        object["message"] = .optional(message)
        return .object(object)
    }

    init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            verdict: try object.required("verdict", { $0.oneOf(Verdict.self) }),
            limit: try object.optional("limit", { $0.oneOf(TimeLimit.self) }),
            exitCode: try object.optional("exit_code", \.integerValue),
            signal: try object.optional("signal", \.stringValue),
            stdout: try object.output("stdout"), stderr: try object.output("stderr"),
            durationMilliseconds: try object.required("duration_ms", \.numberValue),
            cpuTimeMilliseconds: try object.required("cpu_time_ms", \.numberValue),
            memoryPeakBytes: try object.required("memory_peak_bytes", \.integerValue),
            message: try object.optional("message", \.stringValue))
    }

    /// Reads the member `tests` of an execution; nil when it is absent.
    static func member(of object: JSONObject) throws(OutpostError) -> [TestResult]? {
        guard object["tests"] != nil else { return nil }
        return try object.list("tests") { (json) throws(OutpostError) in
            guard let object = json.objectValue else { return nil }
            return try TestResult(validated: object)
        }
    }
}
