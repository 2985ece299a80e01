// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Stores tokens. A write that has returned survives a crash and a power loss.
public protocol TokenStore: Sendable {
    /// Adds `token`.
    ///
    /// - Throws: `conflict` when a token of its kind has its name.
    func insert(_ token: TokenRecord) async throws(OutpostError)

    /// Returns the token whose secret has this SHA-256, even an expired one.
    ///
    /// - Throws: `internal` for a damaged record. So a damaged token gives no access.
    func token(secretHash: [UInt8]) async throws(OutpostError) -> TokenRecord?

    /// Returns the token of this kind and name, even an expired one.
    func token(_ kind: TokenKind, named name: String) async throws(OutpostError) -> TokenRecord?

    /// Returns all tokens of this kind, sorted by name.
    func list(_ kind: TokenKind) async throws(OutpostError) -> [TokenRecord]

    /// Deletes the token.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    func delete(_ kind: TokenKind, named name: String) async throws(OutpostError) -> Bool

    /// Records all `uses` in one transaction. Ignores tokens that the store does not have.
    func recordUses(_ uses: [TokenUse]) async throws(OutpostError)
}

/// A use of a token.
public struct TokenUse: Hashable, Sendable {
    public let id: CredentialID
    public let usedAt: Timestamp

    public init(_ id: CredentialID, usedAt: Timestamp) {
        self.id = id
        self.usedAt = usedAt
    }
}
