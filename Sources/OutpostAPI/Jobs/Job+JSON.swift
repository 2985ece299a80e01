// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension Job: JSONBody {
    public static let schema = Schema.object(
        "A program in the queue, or its result.",
        [
            Field("id", .string("", checks: [.identifier(JobKind.self)]), required: true),
            Field(
                "sandbox_id",
                .string("The server sets it when it takes the job.", checks: [.identifier(SandboxKind.self)]),
                required: true),
            Field("namespace", .string("", checks: [.namespaceName]), required: true),
            Field("status", .enumeration("", JobStatus.self), required: true),
            Field("attempt", .integer("How many times its program has started.", 0...Int64.max), required: true),
            Field("max_attempts", .integer("How many times its program may start."), required: true),
            Field("priority", .integer("", -100...100), required: true),
            Field("result", Execution.schema.orNull, required: true),
            Field("error", JobError.schema.orNull, required: true),
            Field("created_at", .timestamp(""), required: true),
            Field("started_at", Schema.timestamp("When its program last started.").orNull, required: true),
            Field("completed_at", Schema.timestamp("").orNull, required: true),
            Field("expires_at", Schema.timestamp("When the server deletes the job.").orNull, required: true),
        ], isOpen: true
    ).named("Job")

    public var json: JSONValue {
        [
            "id": .string(id.rawValue),
            "sandbox_id": .string(sandboxID.rawValue),
            "namespace": .string(namespace.rawValue),
            "status": .string(status.rawValue),
            "attempt": .integer(Int64(attempt)),
            "max_attempts": .integer(Int64(maxAttempts)),
            "priority": .integer(Int64(priority)),
            "result": result?.json ?? .null,
            "error": error?.json ?? .null,
            "created_at": .string(createdAt.rfc3339),
            "started_at": .optional(startedAt?.rfc3339),
            "completed_at": .optional(completedAt?.rfc3339),
            "expires_at": .optional(expiresAt?.rfc3339),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(JobKind.self) }),
            namespace: try object.required("namespace", { $0.stringValue.flatMap { NamespaceName($0) } }),
            sandboxID: try object.required("sandbox_id", { $0.identifier(SandboxKind.self) }),
            status: try object.required("status", { $0.oneOf(JobStatus.self) }),
            attempt: try object.required("attempt", \.integerValue),
            maxAttempts: try object.required("max_attempts", \.integerValue),
            priority: try object.required("priority", \.integerValue),
            result: try .member("result", of: object), error: try .member("error", of: object),
            createdAt: try object.required("created_at", \.timestampValue),
            startedAt: try object.optional("started_at", \.timestampValue),
            completedAt: try object.optional("completed_at", \.timestampValue),
            expiresAt: try object.optional("expires_at", \.timestampValue))
    }
}

extension JobError: JSONBody {
    public static let schema = Schema.object(
        "Why a job has no result or an incomplete one.",
        [
            Field("code", .string("An error code, as in the body of an error."), required: true),
            Field("message", .string(""), required: true),
        ], isOpen: true
    ).named("JobError")

    public var json: JSONValue { ["code": .string(code.rawValue), "message": .string(message)] }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            ErrorCode(rawValue: try object.required("code", \.stringValue)),
            try object.required("message", \.stringValue))
    }
}

extension JSONBody {
    /// Decodes the member `name` of an object; nil when it is absent or null.
    static func member(_ name: String, of object: JSONObject) throws(OutpostError) -> Self? {
        guard let value = try object.optional(name, \.objectValue) else { return nil }
        return try Self(validated: value)
    }
}
