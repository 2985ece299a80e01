// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostStore

extension Handlers {
    func createToken(_ call: Call, _ kind: TokenKind) async throws(OutpostError) -> Answer {
        let request = try TokenRequest(request: call.body)
        let secret = try await engine.tokens.create(
            kind, name: request.name, namespace: request.namespace ?? call.principal?.namespace ?? .default,
            scopes: request.scopes, plan: request.plan, expiresInDays: request.expiresInDays)
        return .json(Self.reply(secret.record, secret: secret.text).json, status: 201)
    }

    func listTokens(_ call: Call, _ kind: TokenKind) async throws(OutpostError) -> Answer {
        let query = try ListQuery<TokenSortField>(query: call.query)
        let replies = try await engine.tokens.list(kind).map { Self.reply($0) }
        let ascending: (TokenReply, TokenReply) -> Bool =
            switch query.sort {
            case .createdAt: { ($0.createdAt, $0.name) < ($1.createdAt, $1.name) }
            case .name: { $0.name < $1.name }
            }
        let sorted = replies.sorted { query.order == .ascending ? ascending($0, $1) : ascending($1, $0) }
        return .json(Page(slicing: sorted, query).json)
    }

    func getToken(_ call: Call, _ kind: TokenKind) async throws(OutpostError) -> Answer {
        .json(Self.reply(try await engine.tokens.token(kind, named: call.parameters["name"] ?? "")).json)
    }

    func deleteToken(_ call: Call, _ kind: TokenKind) async throws(OutpostError) -> Answer {
        try await engine.tokens.delete(kind, named: call.parameters["name"] ?? "")
        return .empty
    }

    private static func reply(_ record: TokenRecord, secret: String? = nil) -> TokenReply {
        TokenReply(
            name: record.name, namespace: record.namespace, scopes: record.scopes, plan: record.plan,
            createdAt: record.createdAt, expiresAt: record.expiresAt, lastUsedAt: record.lastUsedAt, token: secret)
    }
}
