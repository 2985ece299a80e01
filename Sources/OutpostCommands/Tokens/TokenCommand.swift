// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// `outpost token`.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Create and revoke personal access tokens and API keys.",
        subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

/// The kind of credential that a token command is about.
struct TokenKindOption: ParsableArguments {
    @Flag(help: "Use API keys instead of personal access tokens.")
    var apiKey = false

    var kind: TokenKind { apiKey ? .apiKey : .personalAccessToken }
}
