// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox ps`.
struct SandboxPSCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List the running processes of a sandbox and its last ended ones.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Option(help: "Only processes with this status.")
    var status: ProcessStatus?

    @OptionGroup var paging: PagingOptions

    @Option(help: "Sort ascending (asc) or descending (desc) by the time of the start.")
    var order = ProcessSortField.standardOrder

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listProcesses(
            in: id, .init(list: .init(page: paging.page, perPage: paging.perPage, order: order), status: status))
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(processes: page.items).lines)
        if let note = page.body.note("processes") { Output.warn(note) }
    }
}

extension TextTable {
    /// One row for each process.
    init(processes: [SandboxProcess]) {
        self.init(
            header: ["ID", "NAME", "STATUS", "EXIT", "PID", "TTY", "STARTED", "COMMAND"],
            rows: processes.map { process in
                [
                    process.id.rawValue, process.name ?? Self.absent, process.status.rawValue, process.exit,
                    process.pid.map { String($0) } ?? Self.absent, process.terminal == nil ? Self.absent : "yes",
                    process.startedAt.text, process.command.map(shellQuoted).joined(separator: " "),
                ]
            })
    }

    /// One row for each field of a process.
    init(fieldsOf process: SandboxProcess) {
        self.init(
            header: ["FIELD", "VALUE"],
            rows: [
                ["id", process.id.rawValue], ["sandbox", process.sandboxID.rawValue],
                ["name", process.name ?? Self.absent],
                ["command", process.command.map(shellQuoted).joined(separator: " ")],
                ["status", process.status.rawValue], ["exit", process.exit],
                ["cause", process.cause?.rawValue ?? Self.absent],
                ["terminal", process.terminal.map { "\($0.columns) x \($0.rows)" } ?? Self.absent],
                ["pid", process.pid.map { String($0) } ?? Self.absent],
                ["stdout", "\(process.stdoutBytes) bytes"], ["stderr", "\(process.stderrBytes) bytes"],
                ["cpu time", "\((process.cpuTimeMilliseconds.rounded() / 1000).text) s"],
                ["memory peak", process.memoryPeakBytes.map { "\($0) bytes" } ?? Self.absent],
                ["started", process.startedAt.text], ["ended", process.endedAt.cell],
            ])
    }
}

extension SandboxProcess {
    /// The exit code or the signal, as a cell.
    fileprivate var exit: String { exitCode.map { String($0) } ?? signal ?? TextTable.absent }
}
