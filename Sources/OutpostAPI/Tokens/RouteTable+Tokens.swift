// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    static let personalAccessTokens = tokens(
        "/auth/v1/pat", "personal access token", (.createToken, .listTokens, .getToken, .deleteToken))

    static let apiKeys = tokens(
        "/auth/v1/api_keys", "API key", (.createAPIKey, .listAPIKeys, .getAPIKey, .deleteAPIKey))

    private static func tokens(
        _ path: String, _ noun: String,
        _ operations: (create: RouteOperation, list: RouteOperation, get: RouteOperation, delete: RouteOperation)
    ) -> [Route] {
        [
            Route(
                operations.create, .post, path, tag: "tokens", "Create the \(noun); its secret is shown this once",
                access: .scope(.admin), request: TokenRequest.schema, success: .json(TokenReply.schema, status: 201)),
            Route(
                operations.list, .get, path, tag: "tokens", "List the \(noun)s", access: .scope(.admin),
                query: ListQuery<TokenSortField>.parameters, success: .json(Page<TokenReply>.schema)),
            Route(
                operations.get, .get, path + "/{name}", tag: "tokens", "Show the \(noun), without its secret",
                access: .scope(.admin), success: .json(TokenReply.schema)),
            Route(
                operations.delete, .delete, path + "/{name}", tag: "tokens", "Delete the \(noun)",
                access: .scope(.admin), success: .empty),
        ]
    }
}
