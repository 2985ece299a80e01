// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient

/// `outpost token revoke`.
struct TokenRevokeCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Delete tokens. The server refuses calls with them from now on.")

    @Argument(help: "The tokens' names.")
    var names: [String]

    @OptionGroup var kind: TokenKindOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await deleteAll(names, json: global.json) { try await client.deleteToken($0, kind: kind.kind) }
    }
}
