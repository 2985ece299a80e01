// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Logging
public import OutpostCore
public import OutpostStore

/// Creates, checks and revokes tokens. A secret has 256 random bits. Only its SHA-256 is stored.
public actor TokenService {
    private let store: any TokenStore
    private let clock: WallClock
    /// All tokens by the hash of their secret. A call needs no database query.
    private var byHash: [[UInt8]: TokenRecord] = [:]
    /// The last uses that are not stored yet, by the hash of the secret.
    private var uses: [[UInt8]: Timestamp] = [:]

    init(_ context: EngineContext) {
        store = context.stores.tokens
        clock = context.clock
    }

    /// Loads all tokens from the store.
    ///
    /// - Throws: the store's error.
    func load() async throws(OutpostError) {
        for kind in TokenKind.allCases {
            for record in try await store.list(kind) { byHash[record.secretHash] = record }
        }
    }

    /// A new token with its secret. The secret is shown only once.
    public struct Secret: Sendable {
        /// The stored part of the token.
        public let record: TokenRecord
        /// The whole token, as a client sends it.
        public let text: String
    }

    /// The scopes of a token whose creator names none: all work with sandboxes and jobs, and no administration.
    public static let defaultScopes: Set<TokenScope> = [.sandboxRead, .sandboxWrite, .jobRead, .jobWrite]

    /// Creates a token.
    ///
    /// - Parameters:
    ///   - scopes: nil for `defaultScopes`.
    ///   - plan: nil for a token without a limit of calls.
    ///   - expiresInDays: nil for a token that does not expire.
    /// - Throws: `conflict` when the name exists; the store's error.
    public func create(
        _ kind: TokenKind, name: String, namespace: NamespaceName?, scopes: Set<TokenScope>? = nil,
        plan: RatePlan? = nil, expiresInDays: Int? = nil
    ) async throws(OutpostError) -> Secret {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<4).map { _ in hexadecimal(generator.next(), digits: 16) }.joined()
        let now = clock()
        let record = TokenRecord(
            name: name, kind: kind, namespace: namespace, scopes: scopes ?? Self.defaultScopes,
            plan: plan ?? .unlimited, secretHash: Self.hash(secret), createdAt: now,
            expiresAt: expiresInDays.map { now.advanced(bySeconds: Int64($0) * 86_400) },
            lastUsedAt: nil)
        try await store.insert(record)
        byHash[record.secretHash] = record
        switch kind {
        case .personalAccessToken: return Secret(record: record, text: Credential.tokenPrefix + secret)
        case .apiKey: return Secret(record: record, text: "\(name)$\(secret)")
        }
    }

    /// Returns all tokens of a kind.
    ///
    /// - Throws: the store's error.
    public func list(_ kind: TokenKind) async throws(OutpostError) -> [TokenRecord] { try await store.list(kind) }

    /// Returns the token with this name.
    ///
    /// - Throws: `not_found`; the store's error.
    public func token(_ kind: TokenKind, named name: String) async throws(OutpostError) -> TokenRecord {
        guard let record = try await store.token(kind, named: name) else { throw Self.missing(name) }
        return record
    }

    /// Revokes a token. Later calls with it are refused.
    ///
    /// - Throws: `not_found`; the store's error.
    public func delete(_ kind: TokenKind, named name: String) async throws(OutpostError) {
        // Whoever revokes a token wants it refused, also when the store cannot write that down. The caller hears the error.
        byHash = byHash.filter { $0.value.kind != kind || $0.value.name != name }
        guard try await store.delete(kind, named: name) else { throw Self.missing(name) }
    }

    private static func missing(_ name: String) -> OutpostError {
        OutpostError(.notFound, "token \(name) does not exist")
    }

    private static let unauthorized = OutpostError(.unauthorized, "a valid token is required")

    /// Returns the caller with this credential.
    ///
    /// The secret is looked up by its hash. The time of the look-up reveals nothing about a stored secret, because a
    /// guess controls no prefix of its hash.
    ///
    /// - Throws: `unauthorized`, with the same text for every reason.
    public func authenticate(_ credential: Credential?) throws(OutpostError) -> Principal {
        guard let credential, let record = validRecord(credential) else {
            throw Self.unauthorized
        }
        uses[record.secretHash] = clock()
        return Principal(record)
    }

    /// Returns the owner of a token, without its secret. This is a use of the token. Nil for a token that is unknown,
    /// revoked or expired.
    func principal(_ id: CredentialID) -> Principal? {
        guard let record = byHash.values.first(where: { $0.id == id }), isCurrent(record) else { return nil }
        uses[record.secretHash] = clock()
        return Principal(record)
    }

    /// Checks that a call with this credential would be accepted. This is no use of the token.
    ///
    /// - Throws: `unauthorized`, with the text of `authenticate`.
    public func requireValid(_ credential: Credential?) throws(OutpostError) {
        guard let credential, isValid(credential) else { throw Self.unauthorized }
    }

    /// Whether a call with this credential would be accepted. This is no use of the token.
    public func isValid(_ credential: Credential) -> Bool { validRecord(credential) != nil }

    private func validRecord(_ credential: Credential) -> TokenRecord? {
        guard let record = byHash[Self.hash(credential.secret)], record.kind == credential.kind,
            credential.name == nil || credential.name == record.name, isCurrent(record)
        else { return nil }
        return record
    }

    private func isCurrent(_ record: TokenRecord) -> Bool { record.expiresAt.map { $0 > clock() } ?? true }

    /// Stores when the tokens were used.
    ///
    /// - Throws: the store's error.
    func flushUses() async throws(OutpostError) {
        let list = uses.compactMap { hash, moment in
            byHash[hash].map { TokenUse($0.id, usedAt: moment) }
        }
        let flushed = uses
        uses = [:]
        guard !list.isEmpty else { return }
        do throws(OutpostError) {
            try await store.recordUses(list)
        } catch {
            uses.merge(flushed) { later, _ in later }
            throw error
        }
    }

    private static func hash(_ secret: String) -> [UInt8] { Array(SHA256.hash(data: Array(secret.utf8))) }
}
