// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost quota`.
struct QuotaCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota", abstract: "Show a namespace's quotas and what it uses.",
        discussion:
            "Shows the token's own namespace, if --namespace and OUTPOST_NAMESPACE do not name one. Another namespace needs "
            + "a token with the scope admin.")

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let answer = try await client.quotas(.init(namespace: try ServerSettings.givenNamespace(global)))
        if global.json { return try Output.print(answer.json) }
        try Output.print(TextTable(quotas: answer.body).lines)
    }
}

extension TextTable {
    /// One row for each quota, and one for each common limit of the namespace's sandboxes.
    init(quotas reply: QuotaReply) {
        let share = reply.share
        let shared = [
            ("cpu_weight", String(share.cpuWeight)), ("cpu_cores", share.cpuCores?.text),
            ("max_processes", share.maxProcesses.map { String($0) }), ("memory_mb", share.memoryMiB.map { String($0) }),
        ]
        self.init(
            header: ["QUOTA", "USED", "LIMIT"],
            rows: reply.quotas.map { item in
                [item.name, String(item.used), item.limit.map { String($0) } ?? TextTable.absent]
            } + shared.map { [$0.0, TextTable.absent, $0.1 ?? TextTable.absent] })
    }
}
