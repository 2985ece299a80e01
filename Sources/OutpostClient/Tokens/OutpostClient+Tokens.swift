// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Creates a token of `kind`. Only this answer contains the secret.
    public func createToken(
        _ request: TokenRequest, kind: TokenKind = .personalAccessToken
    ) async throws(OutpostError) -> Answer<TokenReply> {
        let operation = kind == .apiKey ? RouteOperation.createAPIKey : .createToken
        return try await answer(Call(operation: operation, body: request.json), as: TokenReply.self)
    }

    /// Fetches a page of the tokens of `kind`.
    public func listTokens(
        _ query: ListQuery<TokenSortField> = .init(), kind: TokenKind = .personalAccessToken
    ) async throws(OutpostError) -> Answer<Page<TokenReply>> {
        let operation = kind == .apiKey ? RouteOperation.listAPIKeys : .listTokens
        return try await answer(Call(operation: operation, query: query.pairs), as: Page<TokenReply>.self)
    }

    /// Fetches the token `name` without its secret.
    ///
    /// - Throws: `not_found` when there is no such token.
    public func getToken(
        _ name: String, kind: TokenKind = .personalAccessToken
    ) async throws(OutpostError) -> Answer<TokenReply> {
        let operation = kind == .apiKey ? RouteOperation.getAPIKey : .getToken
        return try await answer(Call(operation: operation, parameters: ["name": name]), as: TokenReply.self)
    }

    /// Deletes the token `name`. The server refuses later calls with it.
    ///
    /// - Throws: `not_found` when there is no such token.
    public func deleteToken(_ name: String, kind: TokenKind = .personalAccessToken) async throws(OutpostError) {
        let operation = kind == .apiKey ? RouteOperation.deleteAPIKey : .deleteToken
        try await perform(Call(operation: operation, parameters: ["name": name]))
    }
}
