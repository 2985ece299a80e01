// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox list`.
struct SandboxListCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the namespace's sandboxes, newest first.")

    @Option(help: "Only sandboxes with this status.")
    var status: SandboxStatus?

    @Option(help: "Only sandboxes with this language.")
    var language: String?

    @Option(help: "Only sandboxes with this mode.")
    var mode: SandboxMode?

    @OptionGroup var paging: PagingOptions

    @Option(help: "Sort by this field.")
    var sort = SandboxSortField.standard

    @Option(help: "Sort ascending (asc) or descending (desc).")
    var order = SandboxSortField.standardOrder

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listSandboxes(query)
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(sandboxes: page.items).lines)
        if let note = page.body.note("sandboxes") { Output.warn(note) }
    }

    /// The query of the call.
    var query: SandboxListQuery {
        SandboxListQuery(
            list: .init(page: paging.page, perPage: paging.perPage, sort: sort, order: order), status: status,
            language: language, mode: mode)
    }
}
