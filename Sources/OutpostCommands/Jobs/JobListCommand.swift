// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost job list`.
struct JobListCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the namespace's jobs, newest first.")

    @Option(help: "Only jobs with this status.")
    var status: JobStatus?

    @OptionGroup var paging: PagingOptions

    @Option(help: "Sort by the time of submission: oldest (asc) or newest (desc) first.")
    var order = JobSortField.standardOrder

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listJobs(query)
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(jobs: page.items, now: .now).lines)
        if let note = page.body.note("jobs") { Output.warn(note) }
    }

    /// The query of the call.
    var query: JobListQuery {
        JobListQuery(list: .init(page: paging.page, perPage: paging.perPage, order: order), status: status)
    }
}
