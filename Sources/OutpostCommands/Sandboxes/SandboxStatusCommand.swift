// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost sandbox status`.
struct SandboxStatusCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show a sandbox with its limits, isolation, environment and times.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let sandbox = try await client.getSandbox(id)
        if global.json { return try Output.print(sandbox.json) }
        try Output.print(TextTable(fieldsOf: sandbox.body).lines)
    }
}
