// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost token create`.
struct TokenCreateCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token and print it, this once.",
        discussion: "With --namespace the token reaches that namespace only.")

    @Argument(help: "The token's name.")
    var name: String

    @Option(help: "What it may do; may be given several times. (default: as the server has it)")
    var scope: [TokenScope] = []

    @Option(help: ArgumentHelp("Days until it ends. (default: never)", valueName: "days"))
    var expiresInDays: Int?

    @Option(help: "How many requests it may make. (default: as the server has it)")
    var plan: RatePlan?

    @OptionGroup var kind: TokenKindOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let token = try await client.createToken(request, kind: kind.kind)
        if global.json { return try Output.print(token.json) }
        guard let secret = token.token else {
            throw OutpostError(.internal, "the server's answer does not contain the token")
        }
        try Output.print([secret])
    }

    /// What to send.
    var request: TokenRequest {
        TokenRequest(
            name: name, namespace: global.namespace, scopes: scope.isEmpty ? nil : Set(scope),
            expiresInDays: expiresInDays, plan: plan)
    }
}
