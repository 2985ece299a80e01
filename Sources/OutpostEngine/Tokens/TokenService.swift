// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Logging
public import OutpostCore
public import OutpostStore

/// Makes, checks and revokes tokens. Secrets are 256 random bits; only their SHA-256 is kept.
public actor TokenService {
    private let store: any TokenStore
    private let clock: WallClock
    /// All tokens by the hash of their secret, so that a call costs no query.
    private var byHash: [[UInt8]: TokenRecord] = [:]
    private var uses: [[UInt8]: Timestamp] = [:]

    init(_ context: EngineContext) {
        store = context.stores.tokens
        clock = context.clock
    }

    func load() async throws(OutpostError) {
        for kind in TokenKind.allCases {
            for record in try await store.list(kind) { byHash[record.secretHash] = record }
        }
    }

    /// What a client must send, shown once.
    public struct Secret: Sendable {
        public let record: TokenRecord
        public let text: String
    }

    /// Makes a token.
    ///
    /// - Throws: `conflict` when the name is taken.
    public func create(
        _ kind: TokenKind, name: String, namespace: NamespaceName?, scopes: Set<TokenScope>, plan: RatePlan,
        expiresInDays: Int?
    ) async throws(OutpostError) -> Secret {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<4).map { _ in hexadecimal(generator.next(), digits: 16) }.joined()
        let now = clock()
        let record = TokenRecord(
            name: name, kind: kind, namespace: namespace, scopes: scopes, plan: plan, secretHash: Self.hash(secret),
            createdAt: now, expiresAt: expiresInDays.map { now.advanced(bySeconds: Int64($0) * 86_400) },
            lastUsedAt: nil)
        try await store.insert(record)
        byHash[record.secretHash] = record
        switch kind {
        case .personalAccessToken: return Secret(record: record, text: Credential.tokenPrefix + secret)
        case .apiKey: return Secret(record: record, text: "\(name)$\(secret)")
        }
    }

    public func list(_ kind: TokenKind) async throws(OutpostError) -> [TokenRecord] { try await store.list(kind) }

    /// - Throws: `not_found`.
    public func token(_ kind: TokenKind, named name: String) async throws(OutpostError) -> TokenRecord {
        guard let record = try await store.token(kind, named: name) else { throw Self.missing(name) }
        return record
    }

    /// Revokes a token; calls that come after it are refused.
    ///
    /// - Throws: `not_found`.
    public func delete(_ kind: TokenKind, named name: String) async throws(OutpostError) {
        byHash = byHash.filter { $0.value.kind != kind || $0.value.name != name }
        guard try await store.delete(kind, named: name) else { throw Self.missing(name) }
    }

    private static func missing(_ name: String) -> OutpostError {
        OutpostError(.notFound, "token \(name) does not exist")
    }

    /// The caller behind a credential.
    ///
    /// The secret is looked up by its hash: how long that takes tells nothing about a stored secret, since a guess
    /// controls no prefix of its hash.
    ///
    /// - Throws: `unauthorized`, with the same words for every reason.
    public func authenticate(_ credential: Credential?) throws(OutpostError) -> Principal {
        guard let credential, let record = validRecord(credential) else {
            throw OutpostError(.unauthorized, "a valid token is required")
        }
        uses[record.secretHash] = clock()
        return Principal(
            id: record.id, name: record.name, kind: record.kind, namespace: record.namespace, scopes: record.scopes,
            plan: record.plan)
    }

    /// Whether a call with this credential would be accepted. This is no use of the token.
    public func isValid(_ credential: Credential) -> Bool { validRecord(credential) != nil }

    private func validRecord(_ credential: Credential) -> TokenRecord? {
        guard let record = byHash[Self.hash(credential.secret)], record.kind == credential.kind,
            credential.name == nil || credential.name == record.name, record.expiresAt.map({ $0 > clock() }) ?? true
        else { return nil }
        return record
    }

    /// Writes down when tokens were used.
    func flushUses() async throws(OutpostError) {
        let list = uses.compactMap { hash, moment in
            byHash[hash].map { TokenUse($0.id, usedAt: moment) }
        }
        uses = [:]
        if !list.isEmpty { try await store.recordUses(list) }
    }

    private static func hash(_ secret: String) -> [UInt8] { Array(SHA256.hash(data: Array(secret.utf8))) }
}
