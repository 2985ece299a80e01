// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient

/// A command that calls a server.
protocol ServerCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }

    /// Whether the calls end a pause of the sandbox first.
    var resumesSandboxes: Bool { get }

    /// Makes the calls and prints their results.
    func run(with client: OutpostClient) async throws
}

extension ServerCommand {
    var resumesSandboxes: Bool { false }

    func run() async throws {
        var configuration = try ServerSettings.process(global).configuration
        configuration.resumesSandboxes = resumesSandboxes
        try await OutpostClient.withConnection(configuration) { try await run(with: $0) }
    }
}
