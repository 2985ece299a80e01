// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient

/// `outpost job secret`.
struct JobSecretCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Print the secret that signs the callbacks of the namespace's jobs.")

    @Flag(help: "Make a new secret first. It signs all callbacks from now on.")
    var rotate = false

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let reply = rotate ? try await client.replaceCallbackSecret() : try await client.callbackSecret()
        if global.json { return try Output.print(reply.json) }
        try Output.print([reply.secret])
    }
}
