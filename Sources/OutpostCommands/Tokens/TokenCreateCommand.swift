// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost token create`.
struct TokenCreateCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token and print it. It cannot be shown again.",
        discussion: "With --namespace, the token can use that namespace only.")

    @Argument(help: "The token's name.")
    var name: String

    @Option(help: "A scope: what the token may do. You may repeat this option. (default: the server decides)")
    var scope: [TokenScope] = []

    @Option(help: ArgumentHelp("Days until the token expires. (default: never)", valueName: "days"))
    var expiresInDays: Int?

    @Option(help: "The plan: how many requests the token may make. (default: the server decides)")
    var plan: RatePlan?

    @OptionGroup var kind: TokenKindOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let token = try await client.createToken(
            request(in: try ServerSettings.givenNamespace(global)), kind: kind.kind)
        if global.json { return try Output.print(token.json) }
        guard let secret = token.token else {
            throw OutpostError(.internal, "the server's answer does not contain the token")
        }
        try Output.print([secret])
    }

    /// Makes the body of the request.
    ///
    /// - Parameter namespace: nil for the namespace of the calling token.
    func request(in namespace: NamespaceName?) -> TokenRequest {
        TokenRequest(
            name: name, namespace: namespace, scopes: scope.isEmpty ? nil : Set(scope),
            expiresInDays: expiresInDays, plan: plan)
    }
}
