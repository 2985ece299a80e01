// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxUpdate: JSONBody {
    public static let schema = Schema.object(
        "New settings of a sandbox. A field that is left out does not change. `null` removes a name or a lifetime.",
        [
            Field("name", Schema.sandboxName.orNull),
            Field("metadata", .metadata),
            Field("ttl_secs", Schema.lifetime("Seconds from creation to expiry.").orNull),
            Field("idle_timeout_secs", Schema.lifetime("Seconds without a use after which `on_idle` happens.").orNull),
            Field("env", .environment),
            Field("resource_limits", ResourceLimitsRequest.schema),
            .diskSize,
            .ports,
            .healthCheck,
            .network,
            Field("on_idle", .onIdle),
        ]
    ).named("SandboxUpdate")

    public var json: JSONValue {
        var object = JSONObject([(name: "resource_limits", value: limits.json)])
        object["name"] = name.json { .string($0) }
        object["metadata"] = metadata.map { .metadata($0) }
        object["ttl_secs"] = timeToLiveSeconds.json { .integer(Int64($0)) }
        object["idle_timeout_secs"] = idleTimeoutSeconds.json { .integer(Int64($0)) }
        object["on_idle"] = onIdle.map { .string($0.rawValue) }
        object["env"] = environment.map { .array($0.map(\.json)) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            name: try object.setting("name", \.stringValue),
            metadata: object["metadata"] == nil ? nil : try object.metadata(),
            timeToLiveSeconds: try object.setting("ttl_secs", \.integerValue),
            idleTimeoutSeconds: try object.setting("idle_timeout_secs", \.integerValue),
            environment: object["env"] == nil ? nil : try object.list("env", EnvironmentVariable.init(json:)),
            limits: try .member(of: object),
            onIdle: try object.optional("on_idle", { $0.oneOf(IdleAction.self) }))
    }
}

extension SandboxUpdate.Setting {
    /// The value as JSON. Nil when it does not change.
    fileprivate func json(_ write: (Value) -> JSONValue) -> JSONValue? {
        switch self {
        case .unchanged: nil
        case .none: .null
        case .value(let value): write(value)
        }
    }
}

extension JSONObject {
    fileprivate func setting<Value>(
        _ name: String, _ read: (JSONValue) -> Value?
    ) throws(OutpostError) -> SandboxUpdate.Setting<Value> {
        guard let value = self[name] else { return .unchanged }
        return value == .null ? .none : .value(try required(name, read))
    }
}
