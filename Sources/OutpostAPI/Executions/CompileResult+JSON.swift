// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension CompileResult: JSONBody {
    public static let schema = Schema.object(
        "The compile step of a compiled language.",
        [
            Field("stdout", .string("Bytes that are not UTF-8 are replaced."), required: true),
            Field("stderr", .string("Bytes that are not UTF-8 are replaced."), required: true),
            Field("exit_code", .exitCode.orNull, required: true),
            Field("duration_ms", .number("Wall time of the compiler.", from: 0), required: true),
            Field("cached", .boolean("Whether an earlier result was used."), required: true),
        ], isOpen: true
    ).named("CompileResult")

    public var json: JSONValue {
        [
            "stdout": .string(String(decoding: stdout.bytes, as: UTF8.self)),
            "stderr": .string(String(decoding: stderr.bytes, as: UTF8.self)),
            "exit_code": .optional(exitCode),
            "duration_ms": .milliseconds(durationMilliseconds),
            "cached": .bool(cached),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            stdout: try object.required("stdout", \.textOutput), stderr: try object.required("stderr", \.textOutput),
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
    /// A duration, to the microsecond: more digits are noise.
    static func milliseconds(_ value: Double) -> JSONValue { .number((value * 1000).rounded() / 1000) }

    fileprivate var textOutput: CapturedOutput? {
        stringValue.map { CapturedOutput(bytes: Array($0.utf8), total: $0.utf8.count) }
    }
}
