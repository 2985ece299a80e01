// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension Sandbox: JSONBody {
    public static let schema = Schema.object(
        "A sandbox. Each field has the value in force.",
        identityFields + settingFields + [
            Field("created_at", .timestamp("When it was created."), required: true),
            Field("last_used_at", .timestamp("When a run last used it, or when it was created."), required: true),
            Field("expires_at", .timestamp("When it will be deleted; null for never.").orNull, required: true),
        ], isOpen: true
    ).named("Sandbox")

    private static let identityFields = [
        Field("id", .string("", checks: [.identifier(SandboxKind.self)]), required: true),
        Field("namespace", .string("", checks: [.namespaceName]), required: true),
        Field("name", .string("The name that its creator gave.").orNull, required: true),
        Field("language", .string(""), required: true),
        Field("image", .string("The image that its file system started from."), required: true),
        Field("mode", .enumeration("", SandboxMode.self), required: true),
        Field("status", .enumeration("", SandboxStatus.self), required: true),
    ]

    private static let settingFields = [
        Field("resource_limits", ResourceLimits.schema, required: true),
        Field("env", .environment, required: true),
        Field("working_dir", .string("Absolute path inside the sandbox."), required: true),
        Field("disk_size_gb", .number("Always null in this version.", above: 0).orNull),
        Field("ports", .array("Always empty in this version.", of: .object("", [], isOpen: true))),
        Field("security", SandboxSecurity.replySchema, required: true),
        Field("network", .object("", [Field("egress", .string(""), required: true)], isOpen: true)),
        Field("health_check", Schema.object("Always null in this version.", [], isOpen: true).orNull),
        Field("health", .enumeration("", ["unknown", "healthy", "unhealthy"])),
        Field("metadata", .metadata, required: true),
        Field("ttl_secs", .integer("Seconds from creation to expiry, or null.").orNull),
        Field("idle_timeout_secs", .integer("Seconds without a use after which `on_idle` happens, or null.").orNull),
        Field("on_idle", .onIdle),
    ]

    public var json: JSONValue {
        [
            "id": .string(id.rawValue),
            "namespace": .string(namespace.rawValue),
            "name": .optional(name),
            "language": .string(language),
            "image": .string(image),
            "mode": .string(mode.rawValue),
            "status": .string(status.rawValue),
            "resource_limits": limits.json,
            "env": .array(environment.map(\.json)),
            "working_dir": .string(workingDirectory),
            "disk_size_gb": .null,
            "ports": [],
            "security": security.replyJSON,
            "network": ["egress": "none", "allow": []],
            "health_check": .null,
            "health": "unknown",
            "metadata": .metadata(metadata),
            "ttl_secs": .optional(timeToLiveSeconds),
            "idle_timeout_secs": .optional(idleTimeoutSeconds),
            "on_idle": .string(onIdle.rawValue),
            "created_at": .string(createdAt.rfc3339),
            "last_used_at": .string(lastUsedAt.rfc3339),
            "expires_at": .optional(expiresAt?.rfc3339),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(SandboxKind.self) }),
            namespace: try object.required("namespace", \.namespaceValue),
            name: try object.optional("name", \.stringValue),
            language: try object.required("language", \.stringValue),
            image: try object.required("image", \.stringValue),
            mode: try object.required("mode", { $0.oneOf(SandboxMode.self) }),
            status: try object.required("status", { $0.oneOf(SandboxStatus.self) }),
            limits: try ResourceLimits(validated: try object.required("resource_limits", \.objectValue)),
            environment: try object.list("env", EnvironmentVariable.init(json:)),
            workingDirectory: try object.required("working_dir", \.stringValue),
            security: try SandboxSecurity(validated: try object.required("security", \.objectValue)),
            metadata: try object.metadata(),
            timeToLiveSeconds: try object.optional("ttl_secs", \.integerValue),
            idleTimeoutSeconds: try object.optional("idle_timeout_secs", \.integerValue),
            createdAt: try object.required("created_at", \.timestampValue),
            lastUsedAt: try object.required("last_used_at", \.timestampValue),
            expiresAt: try object.optional("expires_at", \.timestampValue),
            // Older servers do not tell it.
            onIdle: try object.optional("on_idle", { $0.oneOf(IdleAction.self) }) ?? .delete)
    }
}

extension Schema {
    /// A time in UTC.
    static func timestamp(_ doc: String) -> Schema { .string(doc, checks: [.timestamp]) }
}

extension JSONValue {
    /// The string as the name of a namespace, else nil.
    var namespaceValue: NamespaceName? { stringValue.flatMap { NamespaceName($0) } }
}
