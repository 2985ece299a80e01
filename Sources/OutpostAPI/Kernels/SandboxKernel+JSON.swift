// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxKernel: JSONBody {
    public static let schema = Schema.object(
        "A kernel of a sandbox.",
        [
            Field("id", .string("", checks: [.identifier(ContextKind.self)]), required: true),
            Field("sandbox_id", .string("", checks: [.identifier(SandboxKind.self)]), required: true),
            Field("language", .string(""), required: true),
            Field("working_dir", .string(""), required: true),
            Field("status", .enumeration("", KernelStatus.self), required: true),
            Field("cause", .enumeration("Why a dead kernel ended.", KernelCause.self).orNull, required: true),
            Field("exit_code", .exitCode.orNull, required: true),
            Field("signal", .string("`SIGKILL` and the like, or null.").orNull, required: true),
            Field("message", .string("How a dead kernel ended, or null.").orNull, required: true),
            Field(
                "implementation", .string("What runs the code, such as `ipython 8.5.0`, once it is ready.").orNull,
                required: true),
            Field("version", .string("The version of the language, once it is ready.").orNull, required: true),
            Field(
                "execution_count", .integer("The number of the last code since the last start.", 0...Int64.max),
                required: true),
            Field("restarts", .integer("How often it was started again.", 0...Int64.max), required: true),
            Field("created_at", .timestamp(""), required: true),
            Field("last_used_at", .timestamp(""), required: true),
        ], isOpen: true
    ).named("Context")

    public var json: JSONValue {
        var object = JSONObject([
            (name: "id", value: .string(id.rawValue)), (name: "sandbox_id", value: .string(sandboxID.rawValue)),
            (name: "language", value: .string(language)), (name: "working_dir", value: .string(workingDirectory)),
            (name: "status", value: .string(status.rawValue)),
        ])
        object["cause"] = .optional(end?.cause.rawValue)
        object["exit_code"] = .optional(end?.exitCode)
        object["signal"] = .optional(end?.signal)
        object["message"] = .optional(end?.message)
        object["implementation"] = .optional(implementation)
        object["version"] = .optional(version)
        object["execution_count"] = .integer(Int64(executionCount))
        object["restarts"] = .integer(Int64(restarts))
        object["created_at"] = .string(createdAt.rfc3339)
        object["last_used_at"] = .string(lastUsedAt.rfc3339)
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        let cause = try object.optional("cause", { $0.oneOf(KernelCause.self) })
        var end: KernelEnd?
        if let cause {
            end = KernelEnd(
                cause, exitCode: try object.optional("exit_code", \.integerValue),
                signal: try object.optional("signal", \.stringValue),
                message: try object.optional("message", \.stringValue) ?? "")
        }
        self.init(
            id: try object.required("id", { $0.identifier(ContextKind.self) }),
            sandboxID: try object.required("sandbox_id", { $0.identifier(SandboxKind.self) }),
            language: try object.required("language", \.stringValue),
            workingDirectory: try object.required("working_dir", \.stringValue),
            status: try object.required("status", { $0.oneOf(KernelStatus.self) }), end: end,
            implementation: try object.optional("implementation", \.stringValue),
            version: try object.optional("version", \.stringValue),
            executionCount: try object.required("execution_count", \.integerValue),
            restarts: try object.required("restarts", \.integerValue),
            createdAt: try object.required("created_at", \.timestampValue),
            lastUsedAt: try object.required("last_used_at", \.timestampValue))
    }
}
