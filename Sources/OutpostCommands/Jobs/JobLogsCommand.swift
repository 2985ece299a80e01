// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost job logs`.
struct JobLogsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a job's program has written so far.",
        discussion: """
            The command prints the program's standard output to standard output, and its standard error to standard \
            error, byte for byte. With --json, --follow prints one event on each line.
            """)

    @Argument(help: "The job's id.", transform: jobID)
    var id: JobID

    @Flag(name: .shortAndLong, help: "Print new output as it comes, until the job ends.")
    var follow = false

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        guard !follow else { return try await followLogs(with: client) }
        let logs = try await client.jobLogs(id)
        try ExecutionReport(logs.body).deliver(inPlaceOfOutput: global.json ? logs.json : nil)
        // A judge's programs have no live output, and the answer about the output has no verdicts.
        let isEmpty = logs.stdout.total == 0 && logs.stderr.total == 0
        guard !global.json, logs.status.isTerminal, isEmpty else { return }
        try printTests(of: try await client.getJob(id).body)
    }

    /// Prints a judge's verdicts, if there are any.
    private func printTests(of job: Job) throws {
        if let tests = job.result?.tests { try Output.print(TextTable(tests: tests).lines) }
    }

    private func followLogs(with client: OutpostClient) async throws {
        let isJSON = global.json
        let job = try await client.followLogs(of: id) { event in
            if isJSON { try Output.print(event.json) } else { try event.deliver() }
        }
        if !isJSON { try printTests(of: job) }
    }
}
