// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension Execution: JSONBody {
    public static let schema = Schema.object(
        "How a run ended. A program's failure is a result, not an error.", resultFields + outputFields,
        isOpen: true
    ).named("Execution")

    private static let resultFields = [
        Field("id", .string("", checks: [.identifier(ExecutionKind.self)]), required: true),
        Field("sandbox_id", .string("", checks: [.identifier(SandboxKind.self)]), required: true),
        Field("status", .enumeration("", ExecutionStatus.self), required: true),
        Field("exit_code", .exitCode.orNull, required: true),
        Field("signal", .string("`SIGKILL` and the like, or null.").orNull, required: true),
        Field("duration_ms", .number("Wall time of the program.", from: 0), required: true),
        Field("cpu_time_ms", .number("User and system time of all its processes.", from: 0), required: true),
        Field("memory_peak_bytes", .integer("Highest memory of the run.", 0...Int64.max), required: true),
        Field("compile", CompileResult.schema.orNull, required: true),
        Field("deps", Schema.object("Always null in this version.", [], isOpen: true).orNull),
        Field("message", .string("Why the run is a `sandbox_error`, or null.").orNull),
        Field("started_at", .timestamp(""), required: true),
        Field("completed_at", .timestamp(""), required: true),
    ]

    /// Two streams of a program.
    static let outputFields = ["stdout", "stderr"].flatMap { name in
        [
            Field(name, .string("What it wrote, from the start to the cap."), required: true),
            Field("\(name)_bytes", .integer("Bytes it wrote, kept or not.", 0...Int64.max), required: true),
            Field("\(name)_truncated", .boolean("Whether bytes were left out."), required: true),
            Field(
                "\(name)_encoding",
                .enumeration("base64 when the bytes are not UTF-8.", OutputText.Encoding.self), required: true),
        ]
    }

    public var json: JSONValue {
        var object = JSONObject([
            (name: "id", value: .string(id.rawValue)), (name: "sandbox_id", value: .string(sandboxID.rawValue)),
            (name: "status", value: .string(status.rawValue)),
        ])
        object.setOutput("stdout", stdout)
        object.setOutput("stderr", stderr)
        object["exit_code"] = .optional(exitCode)
        object["signal"] = .optional(signal)
        object["duration_ms"] = .milliseconds(durationMilliseconds)
        object["cpu_time_ms"] = .milliseconds(cpuTimeMilliseconds)
        object["memory_peak_bytes"] = .integer(Int64(memoryPeakBytes))
        object["compile"] = compile?.json ?? .null
        object["deps"] = .null
        object["message"] = .optional(message)
        object["started_at"] = .string(startedAt.rfc3339)
        object["completed_at"] = .string(completedAt.rfc3339)
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(ExecutionKind.self) }),
            sandboxID: try object.required("sandbox_id", { $0.identifier(SandboxKind.self) }),
            status: try object.required("status", { $0.oneOf(ExecutionStatus.self) }),
            stdout: try object.output("stdout"), stderr: try object.output("stderr"),
            exitCode: try object.optional("exit_code", \.integerValue),
            signal: try object.optional("signal", \.stringValue),
            durationMilliseconds: try object.required("duration_ms", \.numberValue),
            cpuTimeMilliseconds: try object.required("cpu_time_ms", \.numberValue),
            memoryPeakBytes: try object.required("memory_peak_bytes", \.integerValue),
            compile: try .member("compile", of: object),
            startedAt: try object.required("started_at", \.timestampValue),
            completedAt: try object.required("completed_at", \.timestampValue),
            message: try object.optional("message", \.stringValue))
    }
}

extension JSONObject {
    mutating func setOutput(_ name: String, _ output: CapturedOutput) {
        let text = OutputText(output)
        self[name] = .string(text.text)
        self["\(name)_bytes"] = .integer(Int64(output.total))
        self["\(name)_truncated"] = .bool(output.isTruncated)
        self["\(name)_encoding"] = .string(text.encoding.rawValue)
    }

    func output(_ name: String) throws(OutpostError) -> CapturedOutput {
        let text = OutputText(
            text: try required(name, \.stringValue),
            encoding: try required("\(name)_encoding", { $0.oneOf(OutputText.Encoding.self) }))
        guard let bytes = text.bytes else { throw .field(.invalidRequest, name, "is not base64") }
        return CapturedOutput(bytes: bytes, total: try required("\(name)_bytes", \.integerValue))
    }
}
