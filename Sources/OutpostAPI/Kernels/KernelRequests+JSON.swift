// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension KernelRequest: JSONBody {
    public static let schema = Schema.object(
        "A kernel to start.",
        [
            Field("language", Schema.language), Field("working_dir", Schema.workingDirectory),
            Field("env", Schema.environment),
        ]
    ).named("ContextRequest")

    public var json: JSONValue {
        var object = JSONObject()
        object["language"] = language.map { .string($0) }
        object["working_dir"] = workingDirectory.map { .string($0) }
        object["env"] = .array(environment.map(\.json))
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            language: try object.optional("language", \.stringValue),
            workingDirectory: try object.optional("working_dir", \.stringValue),
            environment: try object.list("env", EnvironmentVariable.init(json:)))
    }
}

extension KernelExecRequest: JSONBody {
    public static let schema = Schema.object(
        "Code for a kernel.",
        [
            Field("code", .string("The source text."), required: true),
            Field("timeout_secs", .number("Wall time in seconds; wins over `timeout_ms`.", above: 0)),
            Field("timeout_ms", .integer("Wall time in milliseconds. By default that of the sandbox.")),
        ]
    ).named("ContextExecRequest")

    public var json: JSONValue {
        var object = JSONObject([(name: "code", value: .string(code))])
        object["timeout_ms"] = timeoutMilliseconds.map { .integer(Int64($0)) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            code: try object.required("code", \.stringValue), timeoutMilliseconds: try decodedWallTime(object))
    }
}

extension KernelQuestion: JSONBody {
    public static let schema = Schema.object(
        "A place in code.",
        [
            Field("code", .string("The source text."), required: true),
            Field(
                "cursor",
                .integer("How many characters (Unicode code points) are before the place.", 0...Int64.max),
                required: true),
            Field("detail", Schema.boolean("With `inspect`: whether to show the source too.").defaulting(to: false)),
        ]
    ).named("ContextQuestion")

    public var json: JSONValue {
        ["code": .string(code), "cursor": .integer(Int64(cursor)), "detail": .bool(detail)]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            code: try object.required("code", \.stringValue), cursor: try object.required("cursor", \.integerValue),
            detail: try object.optional("detail", \.boolValue) ?? false)
        guard cursor <= code.unicodeScalars.count else {
            throw .field(.invalidRequest, "cursor", "is behind the end of the code")
        }
    }
}

extension KernelCompletion: JSONBody {
    public static let schema = Schema.object(
        "How code can go on.",
        [
            Field("matches", .array("At most 1000.", of: .string("")), required: true),
            Field(
                "cursor_start", .integer("A match replaces the characters from here on …", 0...Int64.max),
                required: true),
            Field("cursor_end", .integer("… up to here.", 0...Int64.max), required: true),
        ], isOpen: true
    ).named("ContextCompletion")

    public var json: JSONValue {
        [
            "matches": .strings(matches), "cursor_start": .integer(Int64(start)), "cursor_end": .integer(Int64(end)),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            matches: try object.list("matches", \.stringValue),
            start: try object.required("cursor_start", \.integerValue),
            end: try object.required("cursor_end", \.integerValue))
    }
}

extension KernelInspection: JSONBody {
    public static let schema = Schema.object(
        "What a kernel knows about a name.",
        [
            Field("found", .boolean("Whether there is something with this name."), required: true),
            Field(
                "data", Schema.object("Representations by media type.", [], isOpen: true), required: true),
        ], isOpen: true
    ).named("ContextInspection")

    public var json: JSONValue { ["found": .bool(isFound), "data": .object(data.object)] }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            isFound: try object.required("found", \.boolValue),
            data: KernelData(try object.required("data", \.objectValue)))
    }
}
