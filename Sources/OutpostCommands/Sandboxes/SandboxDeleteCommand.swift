// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost sandbox delete`.
struct SandboxDeleteCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete sandboxes and everything in them.")

    @Argument(help: "The sandboxes' ids.", transform: sandboxID)
    var ids: [SandboxID]

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await deleteAll(ids, json: global.json) { try await client.deleteSandbox($0) }
    }
}
