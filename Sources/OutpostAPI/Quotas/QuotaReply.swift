// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The quotas of a namespace and their use.
public struct QuotaReply: Hashable, Sendable {
    /// The namespace that the reply is about.
    public var namespace: NamespaceName
    /// One entry for each quota.
    public var quotas: [Item]
    /// The part of the host that all sandboxes of the namespace may use together.
    public var share: NamespaceShare

    /// One quota.
    public struct Item: Hashable, Sendable {
        /// The name in the server's configuration and in errors.
        public var name: String
        /// The most that the namespace may hold; nil for no limit.
        public var limit: Int?
        /// What the namespace holds now.
        public var used: Int

        public init(name: String, limit: Int?, used: Int) {
            self.name = name
            self.limit = limit
            self.used = used
        }
    }

    public init(namespace: NamespaceName, quotas: [Item], share: NamespaceShare) {
        self.namespace = namespace
        self.quotas = quotas
        self.share = share
    }
}

extension QuotaReply: JSONBody {
    public static let schema = Schema.object(
        "A namespace's quotas and what it uses.",
        [
            Field("namespace", .string("", checks: [.namespaceName]), required: true),
            Field("quotas", .array("One entry for each quota.", of: item), required: true),
            Field("share", share, required: true),
        ], isOpen: true
    ).named("Quotas")

    private static let item = Schema.object(
        "One quota.",
        [
            Field("name", .string("The name in the server's configuration and in errors."), required: true),
            Field(
                "limit",
                Schema.integer("The most that the namespace may hold now; null for no limit.", 0...Int64.max)
                    .orNull,
                required: true),
            Field("used", .integer("What the namespace holds now.", 0...Int64.max), required: true),
        ], isOpen: true
    ).named("Quota")

    private static let share = Schema.object(
        "What all sandboxes of the namespace may use together.",
        [
            Field(
                "cpu_weight", .integer("Its weight when other namespaces want the processor too.", 1...10_000),
                required: true),
            Field("cpu_cores", Schema.number("Null for all cores of the host.", above: 0).orNull, required: true),
            Field("max_processes", Schema.integer("Null for no common limit.").orNull, required: true),
            Field("memory_mb", Schema.integer("Null for no common limit.").orNull, required: true),
        ], isOpen: true
    ).named("NamespaceShare")

    public var json: JSONValue {
        [
            "namespace": .string(namespace.rawValue),
            "quotas": .array(
                quotas.map { item in
                    [
                        "name": .string(item.name), "limit": item.limit.map { .integer(Int64($0)) } ?? .null,
                        "used": .integer(Int64(item.used)),
                    ]
                }),
            "share": [
                "cpu_weight": .integer(Int64(share.cpuWeight)),
                "cpu_cores": share.cpuCores.map { .number($0) } ?? .null,
                "max_processes": share.maxProcesses.map { .integer(Int64($0)) } ?? .null,
                "memory_mb": share.memoryMiB.map { .integer(Int64($0)) } ?? .null,
            ],
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        namespace = try object.required("namespace") { $0.stringValue.flatMap { NamespaceName($0) } }
        quotas = try object.list("quotas") { (value) throws(OutpostError) -> Item? in
            guard let item = value.objectValue else { return nil }
            return Item(
                name: try item.required("name", \.stringValue), limit: try item.optional("limit", \.integerValue),
                used: try item.required("used", \.integerValue))
        }
        let part = try object.required("share", \.objectValue)
        share = NamespaceShare(
            cpuWeight: try part.required("cpu_weight", \.integerValue),
            cpuCores: try part.optional("cpu_cores", \.numberValue),
            maxProcesses: try part.optional("max_processes", \.integerValue),
            memoryMiB: try part.optional("memory_mb", \.integerValue))
    }
}

/// The query of `GET /auth/v1/quotas`.
public struct QuotaQuery: Hashable, Sendable {
    /// The namespace to show; nil for the caller's own.
    public var namespace: NamespaceName?

    /// The parameters that the call takes.
    public static let parameters = [
        Field(
            "namespace",
            .string(
                "The namespace; the caller's own when it is left out. Another one needs the scope admin.",
                checks: [.namespaceName]))
    ]

    /// Makes a query. By default it asks for the caller's own namespace.
    public init(namespace: NamespaceName? = nil) { self.namespace = namespace }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        namespace = try object.optional("namespace") { $0.stringValue.flatMap { NamespaceName($0) } }
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        namespace.map { [(name: "namespace", value: $0.rawValue)] } ?? []
    }
}
