// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox snapshot`.
struct SandboxSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Keep the files of a stateful sandbox, and start others from them.",
        subcommands: [SnapshotCreateCommand.self, SnapshotListCommand.self, SnapshotDeleteCommand.self],
        defaultSubcommand: SnapshotCreateCommand.self)
}

/// `outpost sandbox snapshot create`.
struct SnapshotCreateCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a snapshot of a sandbox's files and print its id.",
        discussion: """
            The time does not depend on the size. /tmp and /dev/shm are not part of a snapshot, and are empty afterwards.
            """)

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Option(help: "A name to show to people.")
    var name: String?

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let snapshot = try await client.createSnapshot(of: id, SnapshotRequest(name: name))
        if global.json { return try Output.print(snapshot.json) }
        try Output.print([snapshot.id.rawValue])
    }
}

/// `outpost sandbox snapshot list`.
struct SnapshotListCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the namespace's snapshots, newest first.")

    @Option(help: ArgumentHelp("Only snapshots of this sandbox.", valueName: "id"), transform: sandboxID)
    var sandbox: SandboxID?

    @OptionGroup var paging: PagingOptions

    @Option(help: "Sort by this field.")
    var sort = SnapshotSortField.standard

    @Option(help: "Sort ascending (asc) or descending (desc).")
    var order = SnapshotSortField.standardOrder

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listSnapshots(
            SnapshotListQuery(
                list: .init(page: paging.page, perPage: paging.perPage, sort: sort, order: order), sandbox: sandbox))
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(snapshots: page.items).lines)
        if let note = page.body.note("snapshots") { Output.warn(note) }
    }
}

/// `outpost sandbox snapshot delete`.
struct SnapshotDeleteCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete snapshots. Sandboxes that started from them keep their files.")

    @Argument(help: "The snapshots' ids.", transform: snapshotID)
    var ids: [SnapshotID]

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await deleteAll(ids, json: global.json) { try await client.deleteSnapshot($0) }
    }
}

extension TextTable {
    /// One row for each snapshot.
    init(snapshots: [Snapshot]) {
        self.init(
            header: ["ID", "NAME", "SANDBOX", "SIZE", "CREATED"],
            rows: snapshots.map { snapshot in
                [
                    snapshot.id.rawValue, snapshot.name ?? TextTable.absent, snapshot.sandboxID.rawValue,
                    mebibytes(snapshot.bytes), snapshot.createdAt.text,
                ]
            })
    }
}

/// The size in MiB with one decimal.
func mebibytes(_ bytes: Int) -> String { "\(((Double(bytes) / 104_857.6).rounded() / 10).text) MiB" }
