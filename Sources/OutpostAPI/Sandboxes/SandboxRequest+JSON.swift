// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxRequest: JSONBody {
    public static let schema = Schema.object(
        "A sandbox to create.",
        [
            Field("language", .language, required: true),
            .image,
            Field(
                "mode",
                Schema.enumeration(
                    "`stateful` keeps files from run to run; `ephemeral` keeps nothing.", SandboxMode.self
                )
                .defaulting(to: "ephemeral")),
            Field("resource_limits", ResourceLimitsRequest.schema),
            Field("env", .environment),
            Field("working_dir", .workingDirectory),
            .diskSize,
            .gpu,
            .ports,
            Field("security", SecurityRequest.schema),
            .healthCheck,
            .network,
            Field("ttl_secs", .lifetime("Seconds from creation to expiry.")),
            Field("idle_timeout_secs", .lifetime("Seconds without a use after which `on_idle` happens.")),
            Field("on_idle", Schema.onIdle.defaulting(to: "delete")),
            Field("name", .sandboxName),
            Field("metadata", .metadata),
            Field(
                "snapshot",
                .string(
                    "The snapshot with the files to start from. It needs the mode `stateful`.",
                    checks: [.identifier(SnapshotKind.self)])),
        ]
    ).named("SandboxRequest")

    public var json: JSONValue {
        var object = JSONObject([
            (name: "language", value: .string(language)), (name: "mode", value: .string(mode.rawValue)),
            (name: "resource_limits", value: limits.json),
            (name: "env", value: .array(environment.map(\.json))),
            (name: "security", value: security.json),
            (name: "metadata", value: .metadata(metadata)),
        ])
        object["working_dir"] = workingDirectory.map { .string($0) }
        object["name"] = name.map { .string($0) }
        object["ttl_secs"] = timeToLiveSeconds.map { .integer(Int64($0)) }
        object["idle_timeout_secs"] = idleTimeoutSeconds.map { .integer(Int64($0)) }
        if onIdle != .delete { object["on_idle"] = .string(onIdle.rawValue) }
        object["snapshot"] = snapshot.map { .string($0.rawValue) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            language: try object.required("language", \.stringValue),
            mode: try object.optional("mode", { $0.oneOf(SandboxMode.self) }) ?? .ephemeral,
            limits: try .member(of: object),
            environment: try object.list("env", EnvironmentVariable.init(json:)),
            workingDirectory: try object.optional("working_dir", \.stringValue),
            security: try .member(of: object) ?? .init(),
            name: try object.optional("name", \.stringValue),
            metadata: try object.metadata(),
            timeToLiveSeconds: try object.optional("ttl_secs", \.integerValue),
            idleTimeoutSeconds: try object.optional("idle_timeout_secs", \.integerValue),
            snapshot: try object.optional("snapshot", { $0.identifier(SnapshotKind.self) }),
            onIdle: try object.optional("on_idle", { $0.oneOf(IdleAction.self) }) ?? .delete)
    }
}

extension Schema {
    /// What happens to an idle sandbox.
    static let onIdle = enumeration(
        "What happens after `idle_timeout_secs`. `pause` freezes the sandbox and needs the mode `stateful`.",
        IdleAction.self)
}

extension SecurityRequest {
    /// Decodes the member `security` of a request; nil when it is absent.
    static func member(of object: JSONObject) throws(OutpostError) -> SecurityRequest? {
        guard let security = try object.optional("security", \.objectValue) else { return nil }
        return try SecurityRequest(validated: security)
    }
}

extension JSONValue {
    /// Returns labels as an object, sorted by name.
    static func metadata(_ labels: [String: String]) -> JSONValue {
        let sorted = labels.sorted { $0.key < $1.key }
        return .object(JSONObject(sorted.map { (name: $0.key, value: .string($0.value)) }))
    }
}

extension JSONObject {
    /// Decodes the labels in the member `metadata`; empty when it is absent.
    ///
    /// - Throws: `invalid_request` unless the member is an object of strings, or when two names are equivalent in Unicode.
    ///   A Swift dictionary can hold only one of them.
    func metadata() throws(OutpostError) -> [String: String] {
        var labels: [String: String] = [:]
        for member in try optional("metadata", \.objectValue)?.members ?? [] {
            guard let label = member.value.stringValue else {
                throw .field(.invalidRequest, "metadata", "is missing or malformed")
            }
            guard labels.updateValue(label, forKey: member.name) == nil else {
                throw .field(.invalidRequest, "metadata", "has two names that are equivalent in Unicode")
            }
        }
        return labels
    }
}
