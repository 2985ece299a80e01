// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost job status`.
struct JobStatusCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the status of a job.")

    @Argument(help: "The job's id.", transform: jobID)
    var id: JobID

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let job = try await client.getJob(id)
        if global.json { return try Output.print(job.json) }
        try Output.print(TextTable(fieldsOf: job.body, now: .now).lines)
        if let tests = job.result?.tests { try Output.print([""] + TextTable(tests: tests).lines) }
    }
}
