// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A token as the API shows it.
public struct TokenReply: Hashable, Sendable {
    /// The name that identifies the token among its kind.
    public var name: String
    /// The only namespace that the token can use; nil for all.
    public var namespace: NamespaceName?
    /// What the token may do.
    public var scopes: Set<TokenScope>
    /// How many requests the token may make.
    public var plan: RatePlan
    /// When the token was created.
    public var createdAt: Timestamp
    /// When the token expires; nil for never.
    public var expiresAt: Timestamp?
    /// When the token was last used; nil for never.
    public var lastUsedAt: Timestamp?
    /// The credential itself. Only the answer to the creation has it.
    public var token: String?

    /// Makes a reply. By default the token never expires and its secret is left out.
    public init(
        name: String, namespace: NamespaceName?, scopes: Set<TokenScope>, plan: RatePlan, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil, token: String? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.scopes = scopes
        self.plan = plan
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.token = token
    }
}

extension TokenReply: JSONBody {
    public static let schema = Schema.object(
        "A token.",
        [
            Field("name", .string(""), required: true),
            Field(
                "namespace",
                Schema.string("The only namespace that the token can use; null for all.", checks: [.namespaceName])
                    .orNull, required: true),
            Field("scopes", .array("What the token may do.", of: .enumeration("", TokenScope.self)), required: true),
            Field("plan", .enumeration("How many requests the token may make.", RatePlan.self), required: true),
            Field("created_at", .timestamp(""), required: true),
            Field("expires_at", .timestamp("When the token expires; null for never.").orNull, required: true),
            Field("last_used_at", .timestamp("When the token was last used; null for never.").orNull, required: true),
            Field("token", .string("The credential itself; only in the answer to its creation.")),
        ], isOpen: true
    ).named("Token")

    public var json: JSONValue {
        var object = JSONObject([
            (name: "name", value: .string(name)), (name: "namespace", value: .optional(namespace?.rawValue)),
            (name: "scopes", value: .scopes(scopes)), (name: "plan", value: .string(plan.rawValue)),
            (name: "created_at", value: .string(createdAt.rfc3339)),
            (name: "expires_at", value: .optional(expiresAt?.rfc3339)),
            (name: "last_used_at", value: .optional(lastUsedAt?.rfc3339)),
        ])
        object["token"] = token.map { .string($0) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            name: try object.required("name", \.stringValue),
            namespace: try object.optional("namespace", \.namespaceValue),
            scopes: Set(try object.list("scopes", { $0.oneOf(TokenScope.self) })),
            plan: try object.required("plan", { $0.oneOf(RatePlan.self) }),
            createdAt: try object.required("created_at", \.timestampValue),
            expiresAt: try object.optional("expires_at", \.timestampValue),
            lastUsedAt: try object.optional("last_used_at", \.timestampValue),
            token: try object.optional("token", \.stringValue))
    }
}

/// The fields by which a list of tokens can be sorted.
public enum TokenSortField: String, SortField {
    case createdAt = "created_at"
    case name

    public static let standard = TokenSortField.createdAt
    public static let standardOrder = ListOrder.descending
}
