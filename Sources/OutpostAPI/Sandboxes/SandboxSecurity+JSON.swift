// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension SandboxSecurity {
    fileprivate static let userNames = SandboxUser.known.map(\.name)

    /// The schema in a reply.
    static let replySchema = Schema.object(
        "The isolation in force.",
        [
            Field("seccomp_enabled", .boolean("Whether system calls are filtered."), required: true),
            Field("jailer_enabled", .boolean("Whether a micro-VM's jailer is used."), required: true),
            Field("user", .enumeration("The user of the program.", userNames), required: true),
            Field("preset", .string("The named set of rules."), required: true),
            Field("isolation", .enumeration("The isolation in force.", Isolation.self), required: true),
        ], isOpen: true
    ).named("Security")

    var replyJSON: JSONValue {
        [
            "seccomp_enabled": .bool(seccompEnabled),
            "jailer_enabled": false,
            "user": .string(user.name),
            "preset": .string(preset),
            "isolation": .string(isolation.rawValue),
        ]
    }

    /// Decodes the member of a reply. Missing fields get their defaults.
    init(validated object: JSONObject) throws(OutpostError) {
        self = try SecurityRequest(validated: object).granted(
            try object.optional("isolation", { $0.oneOf(Isolation.self) }) ?? .namespaces)
    }
}

extension SecurityRequest {
    /// The schema in a request.
    static let schema = Schema.object(
        "The isolation that the sandbox asks for.",
        [
            Field("seccomp_enabled", Schema.boolean("Whether to filter system calls.").defaulting(to: true)),
            Field(
                "jailer_enabled",
                Schema.boolean("Whether to use a micro-VM's jailer.").notInThisVersion { $0 == false }),
            Field(
                "user",
                Schema.enumeration("The user of the program.", SandboxSecurity.userNames).defaulting(to: "sandbox")),
            Field(
                "preset",
                Schema.enumeration("A named set of rules; single fields win over it.", SecurityPreset.self)
                    .defaulting(to: "default")),
            Field(
                "isolation",
                .enumeration(
                    "The isolation to use. The server answers 403 when it is below the namespace's minimum, and 422 "
                        + "when the server does not have it. Without the field, the sandbox gets the server's isolation.",
                    Isolation.self)),
        ],
        rules: [.fixes("jailer_enabled", true, "isolation", .string(Isolation.microvm.rawValue))]
    ).named("SecurityRequest")

    var json: JSONValue {
        var object = JSONObject([
            (name: "seccomp_enabled", value: .bool(seccompEnabled)), (name: "user", value: .string(user.name)),
            (name: "preset", value: .string(preset)),
        ])
        object["isolation"] = isolation.map { .string($0.rawValue) }
        return .object(object)
    }

    init(validated object: JSONObject) throws(OutpostError) {
        self.init()
        if let enabled = try object.optional("seccomp_enabled", \.boolValue) { seccompEnabled = enabled }
        if let user = try object.optional("user", \.knownUser) { self.user = user }
        if let preset = try object.optional("preset", \.stringValue) { self.preset = preset }
        isolation = try object.optional("isolation", { $0.oneOf(Isolation.self) })
    }
}

extension JSONValue {
    fileprivate var knownUser: SandboxUser? {
        stringValue.flatMap { name in SandboxUser.known.first { $0.name == name } }
    }
}
