// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost token list`.
struct TokenListCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens, without their secrets, newest first.")

    @OptionGroup var paging: PagingOptions
    @OptionGroup var kind: TokenKindOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listTokens(
            .init(page: paging.page, perPage: paging.perPage), kind: kind.kind)
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(tokens: page.items).lines)
        if let note = page.body.note("tokens") { Output.warn(note) }
    }
}

extension TextTable {
    /// One row for each token.
    init(tokens: [TokenReply]) {
        self.init(
            header: ["NAME", "NAMESPACE", "SCOPES", "PLAN", "CREATED", "EXPIRES", "LAST USED"],
            rows: tokens.map { token in
                [
                    token.name, token.namespace?.rawValue ?? "all",
                    TokenScope.allCases.filter(token.scopes.contains).map(\.rawValue).joined(separator: ","),
                    token.plan.rawValue, token.createdAt.text, token.expiresAt.cell, token.lastUsedAt.cell,
                ]
            })
    }
}
