// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The body of `POST /auth/v1/pat` and `POST /auth/v1/api_keys`.
public struct TokenRequest: Hashable, Sendable {
    /// Letters, digits, `.`, `_` and `-`, at most 64.
    public var name: String
    /// The only namespace that the token can use; nil for the server's default.
    public var namespace: NamespaceName?
    /// What the token may do; nil for the server's default.
    public var scopes: Set<TokenScope>?
    /// Days from the creation until the token expires; nil for never.
    public var expiresInDays: Int?
    /// How many requests the token may make; nil for the server's default.
    public var plan: RatePlan?

    /// Makes a request. The server chooses the values of missing arguments.
    public init(
        name: String, namespace: NamespaceName? = nil, scopes: Set<TokenScope>? = nil, expiresInDays: Int? = nil,
        plan: RatePlan? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.scopes = scopes
        self.expiresInDays = expiresInDays
        self.plan = plan
    }
}

extension TokenRequest: JSONBody {
    public static let schema = Schema.object(
        "A token to create.",
        [
            Field("name", .tokenName, required: true),
            Field("namespace", .string("The only namespace that the token can use.", checks: [.namespaceName])),
            Field(
                "scopes", .array("What the token may do.", of: .enumeration("", TokenScope.self), count: 1...16)),
            Field("expires_in_days", .integer("Days until the token expires; never when left out.", 1...3650)),
            Field("plan", .enumeration("How many requests the token may make.", RatePlan.self)),
        ]
    ).named("TokenRequest")

    public var json: JSONValue {
        var object = JSONObject([(name: "name", value: .string(name))])
        object["namespace"] = (namespace?.rawValue).map { .string($0) }
        object["scopes"] = scopes.map { .scopes($0) }
        object["expires_in_days"] = expiresInDays.map { .integer(Int64($0)) }
        object["plan"] = (plan?.rawValue).map { .string($0) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        let scopes = try object.list("scopes", { $0.oneOf(TokenScope.self) })
        self.init(
            name: try object.required("name", \.stringValue),
            namespace: try object.optional("namespace", \.namespaceValue),
            scopes: scopes.isEmpty ? nil : Set(scopes),
            expiresInDays: try object.optional("expires_in_days", \.integerValue),
            plan: try object.optional("plan", { $0.oneOf(RatePlan.self) }))
    }
}

extension Schema {
    /// A token's name.
    static let tokenName = Schema.string(
        "Letters, digits, \".\", \"_\" and \"-\".", length: 1...64, checks: [.tokenName])
}

extension JSONValue {
    /// Returns scopes as an array, in the order of their declaration.
    static func scopes(_ scopes: Set<TokenScope>) -> JSONValue {
        .strings(TokenScope.allCases.filter(scopes.contains).map(\.rawValue))
    }
}
