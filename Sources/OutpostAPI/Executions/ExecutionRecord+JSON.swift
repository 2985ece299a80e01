// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ExecutionRecord: JSONBody {
    public static let schema = Schema.object(
        "A run now: in progress with its output so far, or with its result.",
        fields + CapturedOutput.fields, isOpen: true
    ).named("ExecutionRecord")

    /// The fields without the output.
    fileprivate static let fields: [Field] = Execution.resultFields.map { field in
        switch field.name {
        case "status":
            Field(
                "status",
                .enumeration(
                    "`queued` before the program starts, `running`, or how the run ended.", statuses),
                required: true)
        case "started_at", "completed_at": Field(field.name, .timestamp("").orNull, required: true)
        default: field
        }
    }

    private static let statuses = ["queued", "running"] + ExecutionStatus.allCases.map(\.rawValue)

    public var json: JSONValue {
        switch self {
        case .ended(let execution): execution.json
        case .inProgress(let run): run.json
        }
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        let status = try object.required("status", \.stringValue)
        if ["queued", "running"].contains(status) {
            self = .inProgress(try ExecutionInProgress(validated: object))
        } else {
            self = .ended(try Execution(validated: object))
        }
    }
}

extension ExecutionInProgress {
    fileprivate var json: JSONValue {
        var object = JSONObject([
            (name: "id", value: .string(id.rawValue)), (name: "sandbox_id", value: .string(sandboxID.rawValue)),
            (name: "status", value: .string(startedAt == nil ? "queued" : "running")),
        ])
        object.setOutput("stdout", stdout)
        object.setOutput("stderr", stderr)
        for name in ["limit", "exit_code", "signal"] { object[name] = .null }
        object["duration_ms"] = .milliseconds(durationMilliseconds)
        object["cpu_time_ms"] = .milliseconds(0)
        object["memory_peak_bytes"] = .integer(0)
        for name in ["compile", "deps", "message"] { object[name] = .null }
        object["started_at"] = .optional(startedAt?.rfc3339)
        object["completed_at"] = .null
        return .object(object)
    }

    fileprivate init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(ExecutionKind.self) }),
            sandboxID: try object.required("sandbox_id", { $0.identifier(SandboxKind.self) }),
            startedAt: try object.optional("started_at", \.timestampValue),
            durationMilliseconds: try object.required("duration_ms", \.numberValue),
            stdout: try object.output("stdout"), stderr: try object.output("stderr"))
    }
}

/// A run in a list: its record without output.
public struct ListedExecution: Hashable, Sendable {
    /// The run.
    public var record: ExecutionRecord

    /// Makes the entry of a run.
    public init(_ record: ExecutionRecord) { self.record = record }
}

extension ListedExecution: JSONBody {
    public static let schema = Schema.object(
        "A run in a list, without its output.",
        ExecutionRecord.fields.filter { !isOutput($0.name) }
            + ["stdout_bytes", "stderr_bytes"].map {
                Field($0, .integer("How many bytes the program wrote to the stream.", 0...Int64.max), required: true)
            }, isOpen: true
    ).named("ListedExecution")

    private static func isOutput(_ name: String) -> Bool {
        ["compile", "deps", "output", "tests"].contains(name)
            || (name.hasPrefix("std") && !name.hasSuffix("_bytes"))
            || name.hasSuffix("_omitted_bytes")
    }

    public var json: JSONValue {
        var object = JSONObject()
        for member in record.json.objectValue?.members ?? [] where !Self.isOutput(member.name) {
            object[member.name] = member.value
        }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        var whole = object
        for name in ["stdout", "stderr"] { whole[name] = "" }
        record = try ExecutionRecord(validated: whole)
    }
}
