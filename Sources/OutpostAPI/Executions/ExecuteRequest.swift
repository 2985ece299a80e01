// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The body of `POST …/sandbox/execute`. The server makes a sandbox for the program unless the request names one.
public struct ExecuteRequest: Hashable, Sendable {
    /// The name or alias of a language.
    public var language: String
    /// The program and its run.
    public var execution: ExecutionRequest
    /// The sandbox to run in; nil for a new one.
    public var sandboxID: SandboxID?
    /// The isolation to ask for. Nil means that of the sandbox, or the defaults for a new sandbox.
    public var security: SecurityRequest?

    /// Makes a request. By default it runs in a new sandbox with the default isolation.
    public init(
        language: String, execution: ExecutionRequest, sandboxID: SandboxID? = nil, security: SecurityRequest? = nil
    ) {
        self.language = language
        self.execution = execution
        self.sandboxID = sandboxID
        self.security = security
    }
}

extension ExecuteRequest: JSONBody {
    public static let schema = Schema.object(
        "A program to run, and its sandbox.", fields + ExecutionRequest.liveFields,
        rules: rules + [.atMostOne("tests", "stdin_open")]
    ).named("ExecuteRequest")

    /// Shared with the body of a job.
    static let fields =
        [
            Field("language", .language, required: true),
            Field(
                "sandbox_id",
                .string("Run in this sandbox instead of a new one.", checks: [.identifier(SandboxKind.self)])),
            Field("security", SecurityRequest.schema),
            .image, .gpu, .network,
        ] + ExecutionRequest.fields + JudgeRequest.fields

    static let rules = ExecutionRequest.fieldRules + JudgeRequest.fieldRules

    public var json: JSONValue {
        var object = JSONObject([(name: "language", value: .string(language))])
        object["sandbox_id"] = (sandboxID?.rawValue).map { .string($0) }
        object["security"] = security?.json
        for member in execution.json.objectValue?.members ?? [] where member.name != "language" {
            object[member.name] = member.value
        }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            language: try object.required("language", \.stringValue),
            execution: try ExecutionRequest(validated: object),
            sandboxID: try object.optional("sandbox_id", { $0.identifier(SandboxKind.self) }),
            security: try .member(of: object))
    }
}
