// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A credential as it is kept: all but its secret, of which only the hash is known.
public struct TokenRecord: Hashable, Sendable {
    /// Of this token alone, for ever.
    public let id: CredentialID
    /// Unique among the tokens of its kind that there are now.
    public let name: String
    public let kind: TokenKind
    /// The only namespace it reaches, or nil for all.
    public let namespace: NamespaceName?
    public let scopes: Set<TokenScope>
    public let plan: RatePlan
    /// SHA-256 of the secret, 32 bytes.
    public let secretHash: [UInt8]
    public let createdAt: Timestamp
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
