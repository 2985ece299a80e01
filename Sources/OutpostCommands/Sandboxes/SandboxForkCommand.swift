// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox fork`.
struct SandboxForkCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork", abstract: "Make sandboxes with the files and settings of another, and print their ids.",
        discussion: "The time does not depend on the size, and a new sandbox takes only the disk space that it changes."
    )

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Option(help: "The number of new sandboxes.")
    var count = 1

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let forks = try await client.forkSandbox(id, ForkRequest(count: count))
        if global.json { return try Output.print(forks.json) }
        try Output.print(forks.sandboxes.map(\.id.rawValue))
    }
}
