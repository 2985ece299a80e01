// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox logs`.
struct SandboxLogsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a run in a sandbox has written so far.",
        discussion: """
            Without --execution, it is the newest run. The command prints the program's standard output to standard \
            output, and its standard error to standard error, byte for byte. With --json, it prints the run.
            """)

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Option(help: ArgumentHelp("The run's id.", valueName: "id"), transform: executionID)
    var execution: ExecutionID?

    @Flag(name: .shortAndLong, help: "Print new output as it comes, until the run ends.")
    var follow = false

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let run = if let execution { execution } else { try await newest(with: client) }
        if follow { return try await followOutput(of: run, with: client) }
        let record = try await client.getExecution(run, in: id)
        if global.json { return try Output.print(record.json) }
        try Output.write(record.body.stdout.bytes)
        try Output.writeError(record.body.stderr.bytes)
    }

    private func newest(with client: OutpostClient) async throws -> ExecutionID {
        guard let newest = try await client.listExecutions(in: id, .init(perPage: 1)).items.first else {
            throw OutpostError(.notFound, "sandbox \(id) has no run")
        }
        return newest.record.id
    }

    private func followOutput(of run: ExecutionID, with client: OutpostClient) async throws {
        let isJSON = global.json
        let execution = try await client.followExecution(run, in: id) { event in
            guard !isJSON, case .output(let stream, let bytes, _) = event else { return }
            if stream == .stdout { try Output.write(bytes) } else { try Output.writeError(bytes) }
        }
        if isJSON { try Output.print(execution.json) }
    }
}

extension ExecutionRecord {
    fileprivate var stdout: CapturedOutput {
        switch self {
        case .inProgress(let run): run.stdout
        case .ended(let execution): execution.stdout
        }
    }

    fileprivate var stderr: CapturedOutput {
        switch self {
        case .inProgress(let run): run.stderr
        case .ended(let execution): execution.stderr
        }
    }
}
