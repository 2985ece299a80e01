// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension JobRequest: JSONBody {
    /// The body of `POST …/sandbox/jobs`.
    public static let schema = Schema.object(
        "A program to run when its turn comes.", ExecuteRequest.fields + fields, rules: ExecuteRequest.rules
    ).named("JobRequest")

    /// The body of `POST …/sandbox/{id}/jobs`.
    public static let schemaInSandbox = Schema.object(
        "A program to run in a sandbox when its turn comes.",
        [Field("language", .language)] + ExecutionRequest.fields + fields, rules: ExecutionRequest.fieldRules
    ).named("SandboxJobRequest")

    private static let fields = [
        Field(
            "priority",
            Schema.integer("A job with a higher priority runs before others of the namespace.", -100...100).defaulting(
                to: 0)),
        Field(
            "max_attempts",
            Schema.integer(
                "How many times the program may start. It starts again when the platform fails or the server dies. "
                    + "A failure of the program itself is a result, and the program does not start again.", 1...10
            ).defaulting(to: 1)),
        Field(
            "callback_url",
            .string(
                "When the job has ended, the server sends it to this URL as a signed POST.", length: 1...Int.max,
                maxBytes: 2048,
                checks: [.printable])),
    ]

    public var json: JSONValue {
        var object = JSONObject()
        object["language"] = language.map { .string($0) }
        object["sandbox_id"] = (sandboxID?.rawValue).map { .string($0) }
        object["security"] = security?.json
        for member in execution.json.objectValue?.members ?? [] where member.name != "language" {
            object[member.name] = member.value
        }
        object["priority"] = .integer(Int64(priority))
        object["max_attempts"] = .integer(Int64(maxAttempts))
        object["callback_url"] = callbackURL.map { .string($0) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            execution: try ExecutionRequest(validated: object),
            language: try object.optional("language", \.stringValue),
            sandboxID: try object.optional("sandbox_id", { $0.identifier(SandboxKind.self) }),
            security: try .member(of: object),
            priority: try object.optional("priority", \.integerValue) ?? 0,
            maxAttempts: try object.optional("max_attempts", \.integerValue) ?? 1,
            callbackURL: try object.optional("callback_url", \.stringValue))
    }
}
