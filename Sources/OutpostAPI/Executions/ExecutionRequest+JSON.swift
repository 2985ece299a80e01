// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ExecutionRequest: JSONBody {
    /// The body of `POST …/sandbox/{id}/exec`.
    public static let schema = Schema.object(
        "A program to run in a sandbox.",
        [Field("language", .language)] + fields + liveFields, rules: fieldRules
    ).named("ExecRequest")

    /// Shared by `exec` and `execute`.
    static let liveFields = [
        Field(
            "id",
            .string(
                "The id of the execution, which must be unused. The server chooses one if it is missing.",
                checks: [.identifier(ExecutionKind.self)])),
        Field(
            "detach",
            Schema.boolean(
                "With `Accept: text/event-stream`: whether the run goes on when the client goes away."
            ).defaulting(to: false)),
        Field(
            "stdin_open",
            Schema.boolean(
                """
                Whether more standard input may follow `stdin` while the program runs, by `POST …/executions/{exec_id}/stdin`. \
                It needs `Accept: text/event-stream`, or an `id` and a sandbox that the client knows before the answer.
                """
            ).defaulting(to: false)),
    ]

    /// Shared by `exec`, `execute` and jobs.
    static let fields = [
        Field("code", .string("The source text. Give this or `command`.")),
        Field(
            "command",
            .array(
                "A command as a list of words; no shell runs it. Give this or `code`.", of: .argument, count: 1...1024,
                first: .string("The program.", length: 1...Int.max, maxBytes: 128 * 1024, checks: [.noNUL]))),
        .deps,
        Field("timeout_secs", .number("Wall time in seconds; wins over `timeout_ms`.", above: 0)),
        Field("timeout_ms", .integer("Wall time in milliseconds; wins over `resource_limits.timeout_ms`.")),
        Field(
            "cpu_time_ms",
            .integer(
                "Processor time in milliseconds of the program and all its processes. The limit of the wall time stays."
            )),
        Field("resource_limits", ResourceLimitsRequest.schema),
        Field("stdin", .string("The program's standard input.")),
        Field("stdin_base64", .string("The same in base64, for bytes that are not text.", checks: [.base64])),
        Field("args", .array("The program's arguments.", of: .argument, count: 0...1024)),
        Field("env", .environment),
        Field("working_dir", .workingDirectory),
        Field("files", .array("Files to write first, in order.", of: SandboxFile.schema, count: 0...1000)),
        Field(
            "concurrent",
            Schema.boolean("In a stateful sandbox: do not wait for earlier runs.").defaulting(to: false)),
        Field(
            "output_keep",
            .enumeration(
                "What to keep of output beyond its limit: the start, or the start and the end (the default).",
                OutputKeep.self)),
        Field(
            "interleaved",
            Schema.boolean(
                "Whether the answer has `output` too: both streams in the order in which the program wrote to them."
            ).defaulting(to: false)),
    ]

    static let fieldRules: [FieldRule] = [.exactlyOne("code", "command"), .atMostOne("stdin", "stdin_base64")]

    public var json: JSONValue {
        var object = JSONObject()
        switch program {
        case .code(let text, let language):
            object["code"] = .string(text)
            object["language"] = language.map { .string($0) }
        case .command(let arguments):
            object["command"] = .strings(arguments)
        }
        object["id"] = id.map { .string($0.rawValue) }
        if detach { object["detach"] = .bool(true) }
        if isInputOpen { object["stdin_open"] = .bool(true) }
        object["timeout_ms"] = timeoutMilliseconds.map { .integer(Int64($0)) }
        object["cpu_time_ms"] = cpuTimeMilliseconds.map { .integer(Int64($0)) }
        object["resource_limits"] = limits.json
        if let judge {
            judge.write(to: &object)
        } else {
            object.setBytes("stdin", stdin)
            object["output_keep"] = .string(outputKeep.rawValue)
            object["interleaved"] = .bool(interleaved)
        }
        object["args"] = .strings(arguments)
        object["env"] = .array(environment.map(\.json))
        object["working_dir"] = workingDirectory.map { .string($0) }
        object["files"] = .array(files.map(\.json))
        object["concurrent"] = .bool(concurrent)
        return .object(object)
    }

    /// Sets the winning time limit in both `timeoutMilliseconds` and `limits`. Also reads the judge's fields, which
    /// only the schemas of `execute` and of jobs allow.
    public init(validated object: JSONObject) throws(OutpostError) {
        var limits = try ResourceLimitsRequest.member(of: object)
        limits.timeoutMilliseconds = try decodedWallTime(object) ?? limits.timeoutMilliseconds
        self.init(
            program: try decodedProgram(object),
            id: try object.optional("id", { $0.identifier(ExecutionKind.self) }),
            detach: try object.optional("detach", \.boolValue) ?? false,
            timeoutMilliseconds: limits.timeoutMilliseconds,
            cpuTimeMilliseconds: try object.optional("cpu_time_ms", \.integerValue), limits: limits,
            stdin: try object.bytes("stdin") ?? [],
            isInputOpen: try object.optional("stdin_open", \.boolValue) ?? false,
            arguments: try object.list("args", \.stringValue),
            environment: try object.list("env", EnvironmentVariable.init(json:)),
            workingDirectory: try object.optional("working_dir", \.stringValue),
            files: try object.list("files", decodedFile),
            concurrent: try object.optional("concurrent", \.boolValue) ?? false,
            outputKeep: try object.optional("output_keep") { $0.oneOf(OutputKeep.self) } ?? .both,
            interleaved: try object.optional("interleaved", \.boolValue) ?? false,
            judge: try .members(of: object))
    }
}

private func decodedProgram(_ object: JSONObject) throws(OutpostError) -> ExecutionProgram {
    guard let code = try object.optional("code", \.stringValue) else {
        return .command(try object.list("command", \.stringValue))
    }
    return .code(code, language: try object.optional("language", \.stringValue))
}

/// Returns milliseconds, at least 1. A value too large for an integer becomes `Int.max`, which is above any maximum.
func decodedWallTime(_ object: JSONObject) throws(OutpostError) -> Int? {
    guard let seconds = try object.optional("timeout_secs", \.numberValue) else {
        return try object.optional("timeout_ms", \.integerValue)
    }
    return max(1, Int(exactly: (seconds * 1000).rounded()) ?? Int.max)
}

/// Returns nil when `json` is not an object.
func decodedFile(_ json: JSONValue) throws(OutpostError) -> SandboxFile? {
    guard let object = json.objectValue else { return nil }
    return try SandboxFile(validated: object)
}

extension JSONValue {
    /// An array of strings.
    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
