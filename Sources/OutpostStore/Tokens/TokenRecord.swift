// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A stored token. The store has the hash of its secret, not the secret.
public struct TokenRecord: Hashable, Sendable {
    /// The token's id. No other token ever gets it.
    public let id: CredentialID
    /// The token's name, unique among the existing tokens of its kind.
    public let name: String
    public let kind: TokenKind
    /// The only namespace that the token may access; nil for all namespaces.
    public let namespace: NamespaceName?
    /// The rights of the token.
    public let scopes: Set<TokenScope>
    public let plan: RatePlan
    /// SHA-256 of the secret, 32 bytes.
    public let secretHash: [UInt8]
    public let createdAt: Timestamp
    /// When the token expires; nil for never.
    public let expiresAt: Timestamp?
    public var lastUsedAt: Timestamp?

    public init(
        id: CredentialID = CredentialID(), name: String, kind: TokenKind, namespace: NamespaceName?,
        scopes: Set<TokenScope>, plan: RatePlan,
        secretHash: [UInt8], createdAt: Timestamp, expiresAt: Timestamp? = nil, lastUsedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.namespace = namespace
        self.scopes = scopes
        self.plan = plan
        self.secretHash = secretHash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
    }
}
