// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxProcess: JSONBody {
    public static let schema = Schema.object(
        "A process that lives with its sandbox.",
        [
            Field("id", .string("", checks: [.identifier(ProcessKind.self)]), required: true),
            Field("sandbox_id", .string("", checks: [.identifier(SandboxKind.self)]), required: true),
            Field("name", .string("").orNull, required: true),
            Field(
                "command", .array("The program and its arguments. A long list is cut.", of: .string("")), required: true
            ),
            Field(
                "status",
                .enumeration(
                    "`lost`: the sandbox or the server ended first, and how the process ended is unknown.",
                    ProcessStatus.self),
                required: true),
            Field("exit_code", .exitCode.orNull, required: true),
            Field("signal", .string("`SIGKILL` and the like, or null.").orNull, required: true),
            Field(
                "cause", .enumeration("Why it ended, if not by itself.", ProcessCause.self).orNull, required: true),
            Field("tty", ProcessTerminal.schema.orNull, required: true),
            Field("pid", .integer("Its number in the sandbox, if known.").orNull, required: true),
            Field("stdout_bytes", .integer("How many bytes it wrote, kept or not.", 0...Int64.max), required: true),
            Field("stderr_bytes", .integer("How many bytes it wrote, kept or not.", 0...Int64.max), required: true),
            Field("cpu_time_ms", .number("User and system time of all its processes.", from: 0), required: true),
            Field(
                "memory_peak_bytes", .integer("Null while it runs.", 0...Int64.max).orNull, required: true),
            Field("started_at", .timestamp(""), required: true),
            Field("ended_at", .timestamp("").orNull, required: true),
        ], isOpen: true
    ).named("Process")

    public var json: JSONValue {
        var object = JSONObject([
            (name: "id", value: .string(id.rawValue)), (name: "sandbox_id", value: .string(sandboxID.rawValue)),
            (name: "name", value: .optional(name)), (name: "command", value: .strings(command)),
            (name: "status", value: .string(status.rawValue)),
        ])
        object["exit_code"] = .optional(exitCode)
        object["signal"] = .optional(signal)
        object["cause"] = .optional(cause?.rawValue)
        object["tty"] = terminal?.json ?? .null
        object["pid"] = .optional(pid)
        object["stdout_bytes"] = .integer(Int64(stdoutBytes))
        object["stderr_bytes"] = .integer(Int64(stderrBytes))
        object["cpu_time_ms"] = .milliseconds(cpuTimeMilliseconds)
        object["memory_peak_bytes"] = .optional(memoryPeakBytes)
        object["started_at"] = .string(startedAt.rfc3339)
        object["ended_at"] = .optional(endedAt?.rfc3339)
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(ProcessKind.self) }),
            sandboxID: try object.required("sandbox_id", { $0.identifier(SandboxKind.self) }),
            name: try object.optional("name", \.stringValue), command: try object.list("command", \.stringValue),
            status: try object.required("status", { $0.oneOf(ProcessStatus.self) }),
            exitCode: try object.optional("exit_code", \.integerValue),
            signal: try object.optional("signal", \.stringValue),
            cause: try object.optional("cause", { $0.oneOf(ProcessCause.self) }),
            terminal: try object.optional("tty", \.objectValue).map(ProcessTerminal.init(validated:)),
            pid: try object.optional("pid", \.integerValue),
            stdoutBytes: try object.required("stdout_bytes", \.integerValue),
            stderrBytes: try object.required("stderr_bytes", \.integerValue),
            cpuTimeMilliseconds: try object.required("cpu_time_ms", \.numberValue),
            memoryPeakBytes: try object.optional("memory_peak_bytes", \.integerValue),
            startedAt: try object.required("started_at", \.timestampValue),
            endedAt: try object.optional("ended_at", \.timestampValue))
    }
}
