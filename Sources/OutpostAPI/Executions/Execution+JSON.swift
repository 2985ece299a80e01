// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension Execution: JSONBody {
    public static let schema = Schema.object(
        "How a run ended. A program's failure is a result, not an error.", resultFields + CapturedOutput.fields,
        isOpen: true
    ).named("Execution")

    static let resultFields = [
        Field("id", .string("", checks: [.identifier(ExecutionKind.self)]), required: true),
        Field("sandbox_id", .string("", checks: [.identifier(SandboxKind.self)]), required: true),
        Field("status", .enumeration("", ExecutionStatus.self), required: true),
        Field(
            "limit",
            .enumeration("The limit that stopped a run that timed out; null for other runs.", TimeLimit.self).orNull),
        Field("exit_code", .exitCode.orNull, required: true),
        Field("signal", .string("`SIGKILL` and the like, or null.").orNull, required: true),
        Field("duration_ms", .number("Wall time of the program.", from: 0), required: true),
        Field("cpu_time_ms", .number("User and system time of all its processes.", from: 0), required: true),
        Field(
            "memory_peak_bytes",
            .integer(
                "The most memory that the run used at one time, without the files that exist at its end.", 0...Int64.max
            ),
            required: true),
        Field("compile", CompileResult.schema.orNull, required: true),
        Field("deps", Schema.object("Always null in this version.", [], isOpen: true).orNull),
        Field(
            "message",
            .string("Why the run is a `sandbox_error`, or how a judge's compiler ended, or null.").orNull),
        Field(
            "output",
            .array(
                "With `interleaved`: the kept output of both streams, in the order of the writes.",
                of: OutputPiece.schema)),
        Field("tests", .array("Judge mode: one for each test, in their order.", of: TestResult.schema)),
        Field("started_at", .timestamp(""), required: true),
        Field("completed_at", .timestamp(""), required: true),
    ]

    public var json: JSONValue {
        var object = JSONObject([
            (name: "id", value: .string(id.rawValue)), (name: "sandbox_id", value: .string(sandboxID.rawValue)),
            (name: "status", value: .string(status.rawValue)),
        ])
        object.setOutput("stdout", stdout)
        object.setOutput("stderr", stderr)
        object["output"] = output?.json(of: [.stdout: stdout, .stderr: stderr])
        object["limit"] = .optional(limit?.rawValue)
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
        object["tests"] = tests.map { .array($0.map(\.json)) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(ExecutionKind.self) }),
            sandboxID: try object.required("sandbox_id", { $0.identifier(SandboxKind.self) }),
            status: try object.required("status", { $0.oneOf(ExecutionStatus.self) }),
            limit: try object.optional("limit", { $0.oneOf(TimeLimit.self) }),
            stdout: try object.output("stdout"), stderr: try object.output("stderr"),
            output: object["output"] == nil ? nil : try object.list("output", OutputPiece.init(json:)),
            exitCode: try object.optional("exit_code", \.integerValue),
            signal: try object.optional("signal", \.stringValue),
            durationMilliseconds: try object.required("duration_ms", \.numberValue),
            cpuTimeMilliseconds: try object.required("cpu_time_ms", \.numberValue),
            memoryPeakBytes: try object.required("memory_peak_bytes", \.integerValue),
            compile: try .member("compile", of: object),
            startedAt: try object.required("started_at", \.timestampValue),
            completedAt: try object.required("completed_at", \.timestampValue),
            message: try object.optional("message", \.stringValue),
            tests: try TestResult.member(of: object))
    }
}

extension Execution {
    /// The most bytes of the execution in JSON.
    public var mostJSONBytes: Int {
        let streams =
            [stdout, stderr] + (compile.map { [$0.stdout, $0.stderr] } ?? [])
            + (tests ?? []).flatMap { [$0.stdout, $0.stderr] }
        let text = streams.reduce(0) { $0 + $1.mostJSONBytes }
        // Each piece is a JSON object of its own, and so is each test.
        let pieces = (output ?? []).reduce(0) {
            $0 + max(JSONValue.escapedCount($1.bytes), Base64.count(of: $1.bytes.count)) + Self.mostObjectBytes
        }
        return text + pieces + (1 + (tests?.count ?? 0)) * Self.mostMembersBytes
    }

    /// The most bytes of a piece of interleaved output without its text.
    private static let mostObjectBytes = 64
    /// The most bytes of the other members of an execution or a test.
    private static let mostMembersBytes = 8192
}
