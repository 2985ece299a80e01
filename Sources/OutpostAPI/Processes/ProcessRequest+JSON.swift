// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ProcessRequest: JSONBody {
    public static let schema = Schema.object(
        "A process to start. It lives with its sandbox.",
        [
            Field("code", .string("The source text. Give this or `command`.")),
            Field(
                "command",
                .array(
                    "A command as a list of words; no shell runs it. Give this or `code`.", of: .argument,
                    count: 1...1024,
                    first: .string("The program.", length: 1...Int.max, maxBytes: 128 * 1024, checks: [.noNUL]))),
            Field("language", .language),
            Field("args", .array("The program's arguments.", of: .argument, count: 0...1024)),
            Field("env", .environment),
            Field("working_dir", .workingDirectory),
            Field("tty", ProcessTerminal.schema.orNull),
            Field(
                "stdin",
                Schema.boolean("Whether the process has a standard input that stays open. A terminal always has one.")
                    .defaulting(to: false)),
            Field(
                "timeout_secs",
                Schema.number("Wall time in seconds, at most a year. Null for no limit.", above: 0).orNull),
            Field("resource_limits", ResourceLimitsRequest.schema),
            Field(
                "name",
                .string("A name that no running process of the sandbox has.", length: 1...128, checks: [.printable])),
        ], rules: [.exactlyOne("code", "command")]
    ).named("ProcessRequest")

    public var json: JSONValue {
        var object = JSONObject()
        switch program {
        case .code(let text, let language):
            object["code"] = .string(text)
            object["language"] = language.map { .string($0) }
        case .command(let words): object["command"] = .strings(words)
        }
        object["args"] = .strings(arguments)
        object["env"] = .array(environment.map(\.json))
        object["working_dir"] = workingDirectory.map { .string($0) }
        object["tty"] = terminal?.json
        object["stdin"] = .bool(takesInput)
        object["timeout_secs"] = timeoutMilliseconds.map { .number(Double($0) / 1000) }
        object["resource_limits"] = limits.json
        object["name"] = name.map { .string($0) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        let program: ExecutionProgram
        if let code = try object.optional("code", \.stringValue) {
            program = .code(code, language: try object.optional("language", \.stringValue))
        } else {
            program = .command(try object.list("command", \.stringValue))
        }
        self.init(
            program: program, arguments: try object.list("args", \.stringValue),
            environment: try object.list("env", EnvironmentVariable.init(json:)),
            workingDirectory: try object.optional("working_dir", \.stringValue),
            terminal: try object.optional("tty", \.objectValue).map(ProcessTerminal.init(validated:)),
            takesInput: try object.optional("stdin", \.boolValue) ?? false,
            timeoutMilliseconds: try decodedTimeout(object),
            limits: try decodedLimits(object), name: try object.optional("name", \.stringValue))
    }
}

/// The longest time limit of a process, in seconds: a year.
private let longestTimeout = 31_536_000.0

private func decodedTimeout(_ object: JSONObject) throws(OutpostError) -> Int? {
    guard let seconds = try object.optional("timeout_secs", \.numberValue) else { return nil }
    guard seconds <= longestTimeout else {
        throw .field(.invalidRequest, "timeout_secs", "must be at most \(Int(longestTimeout))")
    }
    return max(1, Int((seconds * 1000).rounded()))
}

private func decodedLimits(_ object: JSONObject) throws(OutpostError) -> ResourceLimitsRequest {
    let limits = try ResourceLimitsRequest.member(of: object)
    guard limits.timeoutMilliseconds == nil else {
        throw .field(.invalidRequest, "resource_limits.timeout_ms", "is no limit of a process; give timeout_secs")
    }
    guard limits.maxOutputBytes == nil else {
        throw .field(
            .invalidRequest, "resource_limits.max_output_bytes",
            "is no limit of a process: the server keeps the last MiB of each stream")
    }
    return limits
}

extension ProcessTerminal: JSONBody {
    /// The body of `resize`, and the size of a new terminal.
    public static let schema = Schema.object(
        "The size of a terminal.",
        [
            Field("cols", .integer("The width in characters.", 1...65_535), required: true),
            Field("rows", .integer("The height in characters.", 1...65_535), required: true),
        ]
    ).named("TerminalSize")

    public var json: JSONValue { ["cols": .integer(Int64(columns)), "rows": .integer(Int64(rows))] }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            rows: try object.required("rows", \.integerValue), columns: try object.required("cols", \.integerValue))
    }
}
