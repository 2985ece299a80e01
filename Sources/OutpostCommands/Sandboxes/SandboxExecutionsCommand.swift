// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox executions`.
struct SandboxExecutionsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "executions", abstract: "List the runs in progress of a sandbox and its last ended ones.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @OptionGroup var paging: PagingOptions

    @Option(help: "Sort ascending (asc) or descending (desc) by the time of the start.")
    var order = ExecutionSortField.standardOrder

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listExecutions(
            in: id, .init(page: paging.page, perPage: paging.perPage, order: order))
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(executions: page.items.map(\.record)).lines)
        if let note = page.body.note("runs") { Output.warn(note) }
    }
}

extension TextTable {
    /// One row for each run.
    init(executions: [ExecutionRecord]) {
        self.init(header: ["ID", "STATUS", "EXIT", "DURATION", "STARTED"], rows: executions.map(row))
    }
}

private func row(_ record: ExecutionRecord) -> [String] {
    let duration: Double
    let (status, exit): (String, String)
    switch record {
    case .inProgress(let run):
        (status, exit) = (run.startedAt == nil ? "queued" : "running", TextTable.absent)
        duration = run.durationMilliseconds
    case .ended(let execution):
        status = execution.status.rawValue
        exit = execution.exitCode.map(String.init) ?? execution.signal ?? TextTable.absent
        duration = execution.durationMilliseconds
    }
    return [
        record.id.rawValue, status, exit, "\((duration.rounded() / 1000).text) s", record.startedAt.cell,
    ]
}
