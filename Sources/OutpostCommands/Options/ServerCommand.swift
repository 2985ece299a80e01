// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient

/// A command that calls a server.
protocol ServerCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }

    /// Makes the calls and prints their results.
    func run(with client: OutpostClient) async throws
}

extension ServerCommand {
    func run() async throws {
        let configuration = try ServerSettings.process(global).configuration
        try await OutpostClient.withConnection(configuration) { try await run(with: $0) }
    }
}
