// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension SandboxSecurity {
    private static let userNames = SandboxUser.known.map(\.name)

    /// What a request may say.
    static let requestSchema = Schema.object(
        "How the sandbox is held in.",
        [
            Field("seccomp_enabled", Schema.boolean("Filter system calls.").defaulting(to: true)),
            Field(
                "jailer_enabled",
                Schema.boolean("A micro-VM's jailer.").notInThisVersion { $0 == false }),
            Field("user", Schema.enumeration("Who the program runs as.", userNames).defaulting(to: "sandbox")),
            Field(
                "preset",
                Schema.enumeration("A named set of rules; single fields win over it.", SecurityPreset.self)
                    .defaulting(to: "default")),
        ]
    ).named("SecurityRequest")

    /// What a reply says.
    static let replySchema = Schema.object(
        "How the sandbox really is held in.",
        [
            Field("seccomp_enabled", .boolean("System calls are filtered."), required: true),
            Field("jailer_enabled", .boolean("A micro-VM's jailer is used."), required: true),
            Field("user", .enumeration("Who the program runs as.", userNames), required: true),
            Field("preset", .string("The named set of rules."), required: true),
            Field(
                "isolation", .enumeration("What is in force.", ["namespaces", "gvisor", "microvm"]), required: true),
        ], isOpen: true
    ).named("Security")

    var requestJSON: JSONValue {
        ["seccomp_enabled": .bool(seccompEnabled), "user": .string(user.name), "preset": .string(preset)]
    }

    var replyJSON: JSONValue {
        [
            "seccomp_enabled": .bool(seccompEnabled),
            "jailer_enabled": false,
            "user": .string(user.name),
            "preset": .string(preset),
            "isolation": .string(isolation.rawValue),
        ]
    }

    /// Of a request or a reply; what is left out takes its default.
    init(validated object: JSONObject) throws(OutpostError) {
        self.init()
        if let enabled = try object.optional("seccomp_enabled", \.boolValue) { seccompEnabled = enabled }
        if let user = try object.optional("user", \.knownUser) { self.user = user }
        if let preset = try object.optional("preset", \.stringValue) { self.preset = preset }
        if let isolation = try object.optional("isolation", { $0.oneOf(Isolation.self) }) {
            self.isolation = isolation
        }
    }
}

extension JSONValue {
    fileprivate var knownUser: SandboxUser? {
        stringValue.flatMap { name in SandboxUser.known.first { $0.name == name } }
    }
}
