// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost job cancel`.
struct JobCancelCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel jobs, queued or running, and print the status of each.",
        discussion: "A job that has ended does not change.")

    @Argument(help: "The jobs' ids.", transform: jobID)
    var ids: [JobID]

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let (jobs, exitCode) = try await withEach(ids) { try await client.cancelJob($0) }
        if global.json {
            try Output.print(["data": .array(jobs.map(\.json))])
        } else {
            try Output.print(jobs.map { "\($0.id) \($0.status.rawValue)" })
        }
        guard exitCode.isSuccess else { throw exitCode }
    }
}
