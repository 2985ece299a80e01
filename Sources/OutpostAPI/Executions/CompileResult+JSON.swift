// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension CompileResult: JSONBody {
    public static let schema = Schema.object(
        "The compile step of a compiled language.",
        [
            Field("exit_code", .exitCode.orNull, required: true),
            Field("duration_ms", .number("Wall time of the compiler.", from: 0), required: true),
            Field("cached", .boolean("Whether an earlier result was used."), required: true),
        ] + CapturedOutput.fields(areNew: true), isOpen: true
    ).named("CompileResult")

    public var json: JSONValue {
        var object = JSONObject()
        object.setOutput("stdout", stdout)
        object.setOutput("stderr", stderr)
        object["exit_code"] = .optional(exitCode)
        object["duration_ms"] = .milliseconds(durationMilliseconds)
        object["cached"] = .bool(cached)
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            stdout: try object.output("stdout"), stderr: try object.output("stderr"),
            exitCode: try object.optional("exit_code", \.integerValue),
            durationMilliseconds: try object.required("duration_ms", \.numberValue),
            cached: try object.required("cached", \.boolValue))
    }
}

extension Schema {
    /// A program's exit code.
    static let exitCode = Schema.integer("Null when a signal ended it, or it never started.", 0...255)
}

extension JSONValue {
    /// A duration in milliseconds, rounded to microseconds because more digits are noise.
    static func milliseconds(_ value: Double) -> JSONValue { .number((value * 1000).rounded() / 1000) }
}
