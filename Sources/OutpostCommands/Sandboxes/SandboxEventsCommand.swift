// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox events`.
struct SandboxEventsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List the last events of a sandbox.",
        discussion: "With --json, --follow prints one event on each line.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Flag(name: .shortAndLong, help: "Print new events as they come, until the sandbox is deleted.")
    var follow = false

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        if follow {
            let isJSON = global.json
            return try await client.followEvents(of: id) { event in
                if isJSON { try Output.print(event.json) } else { try Output.print([line(event)]) }
            }
        }
        let list = try await client.sandboxEvents(id)
        if global.json { return try Output.print(list.json) }
        try Output.print(
            TextTable(
                header: ["TIME", "EVENT", "REASON"],
                rows: list.events.map { [$0.happenedAt.text, $0.kind.rawValue, $0.reason] }
            ).lines)
    }
}

private func line(_ event: SandboxEvent) -> String {
    TextTable.printable("\(event.happenedAt.text)  \(event.kind.rawValue)  \(event.reason)")
}
