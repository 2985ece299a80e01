// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The credentials. A write that has returned survives a crash and a power loss.
public protocol TokenStore: Sendable {
    /// Adds `token`.
    ///
    /// - Throws: `conflict` when its kind has a token of that name already.
    func insert(_ token: TokenRecord) async throws(OutpostError)

    /// The token whose secret has this SHA-256, expired or not.
    ///
    /// - Throws: `internal` for a record that cannot be read: a damaged token lets no one in.
    func token(secretHash: [UInt8]) async throws(OutpostError) -> TokenRecord?

    /// The token of this kind and name, expired or not.
    func token(_ kind: TokenKind, named name: String) async throws(OutpostError) -> TokenRecord?

    /// Every token of this kind, by name.
    func list(_ kind: TokenKind) async throws(OutpostError) -> [TokenRecord]

    /// Forgets the token; false when there was none.
    @discardableResult
    func delete(_ kind: TokenKind, named name: String) async throws(OutpostError) -> Bool

    /// Records all `uses` in one transaction; those of tokens that are gone are ignored.
    func recordUses(_ uses: [TokenUse]) async throws(OutpostError)
}

/// That a token was used.
public struct TokenUse: Hashable, Sendable {
    public let id: CredentialID
    public let usedAt: Timestamp

    public init(_ id: CredentialID, usedAt: Timestamp) {
        self.id = id
        self.usedAt = usedAt
    }
}
