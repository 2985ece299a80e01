// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension KernelData {
    /// The representations as members of a JSON object. Malformed JSON of the kernel becomes text.
    var object: JSONObject {
        var object = JSONObject()
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) { object[name] = .string(text) }
        for (name, text) in json.sorted(by: { $0.key < $1.key }) where texts[name] == nil {
            object[name] = Self.parsed(text)
        }
        return object
    }

    private static func parsed(_ text: String) -> JSONValue {
        do {
            return try JSONValue(parsing: Array(text.utf8))
        } catch {
            return .string(text)
        }
    }

    /// Reads the members that look like media types.
    init(_ object: JSONObject) {
        var (texts, json) = ([String: String](), [String: String]())
        for member in object.members where member.name.contains("/") {
            if let text = member.value.stringValue {
                texts[member.name] = text
            } else {
                json[member.name] = String(decoding: member.value.bytes, as: UTF8.self)
            }
        }
        self.init(texts: texts, json: json)
    }
}

extension KernelResult: JSONBody {
    public static let schema = Schema.object(
        "Something that code has shown: its representations by media type, such as `text/plain`. Bytes are in base64.",
        [
            Field(
                "is_main_result", .boolean("Whether it is the value of the last expression."), required: true),
            Field("display_id", .string("Names a display, so that a later result can replace it.")),
            Field("update", .boolean("Whether it replaces the display with the same id.")),
            Field(
                "omitted", Schema.object("Bytes of representations that were too large.", [], isOpen: true)),
        ], isOpen: true
    ).named("ContextResult")

    public var json: JSONValue {
        var object = data.object
        object["is_main_result"] = .bool(isMain)
        object["display_id"] = displayID.map { .string($0) }
        if isUpdate { object["update"] = .bool(true) }
        if !omitted.isEmpty {
            object["omitted"] = .object(
                JSONObject(omitted.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
        }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        var omitted: [String: Int] = [:]
        for member in object["omitted"]?.objectValue?.members ?? [] { omitted[member.name] = member.value.integerValue }
        self.init(
            data: KernelData(object), isMain: try object.required("is_main_result", \.boolValue),
            displayID: try object.optional("display_id", \.stringValue),
            isUpdate: try object.optional("update", \.boolValue) ?? false, omitted: omitted)
    }

    init?(json: JSONValue) throws(OutpostError) {
        guard let object = json.objectValue else { return nil }
        try self.init(validated: object)
    }
}

extension KernelError {
    static let schema = Schema.object(
        "The error that ended the code.",
        [
            Field("name", .string("Its class."), required: true), Field("value", .string("Its text."), required: true),
            Field("traceback", .array("Lines of text, without colours.", of: .string("")), required: true),
        ], isOpen: true
    ).named("ContextError")

    var json: JSONValue {
        ["name": .string(name), "value": .string(value), "traceback": .strings(traceback)]
    }

    init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            name: try object.required("name", \.stringValue), value: try object.required("value", \.stringValue),
            traceback: try object.list("traceback", \.stringValue))
    }
}

extension KernelExecution: JSONBody {
    public static let schema = Schema.object(
        "What code in a kernel came to. An error of the code is a result, not an error of the call.",
        Execution.resultFields + CapturedOutput.fields + [
            Field("results", .array("What the code has shown, in order.", of: KernelResult.schema), required: true),
            Field(
                "results_omitted",
                .integer("How many results were left out, because there were too many.", 0...Int64.max),
                required: true),
            Field("error", KernelError.schema.orNull, required: true),
            Field(
                "execution_count", .integer("The number of the code in its kernel, or null.", 0...Int64.max).orNull,
                required: true),
            Field(
                "kernel_restarted",
                .boolean("Whether the kernel was killed and started again. Its variables are lost then."),
                required: true),
        ], isOpen: true
    ).named("ContextExecution")

    public var json: JSONValue {
        guard case .object(var object) = execution.json else { return execution.json }
        object["results"] = .array(results.map(\.json))
        object["results_omitted"] = .integer(Int64(omittedResults))
        object["error"] = error?.json ?? .null
        object["execution_count"] = .optional(executionCount)
        object["kernel_restarted"] = .bool(isRestarted)
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            execution: try Execution(validated: object),
            results: try object.list("results", KernelResult.init(json:)),
            omittedResults: try object.required("results_omitted", \.integerValue),
            error: try object.optional("error", \.objectValue).map { (object) throws(OutpostError) in
                try KernelError(validated: object)
            },
            executionCount: try object.optional("execution_count", \.integerValue),
            isRestarted: try object.required("kernel_restarted", \.boolValue))
    }

    /// The most bytes of the execution in JSON.
    public var mostJSONBytes: Int {
        // Each byte of text becomes at most six.
        execution.mostJSONBytes + (outputBytes - execution.outputBytes) * JSONValue.mostEscaped + results.count * 256
    }
}
