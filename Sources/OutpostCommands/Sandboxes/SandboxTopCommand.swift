// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox top`.
struct SandboxTopCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show what sandboxes use.",
        discussion: """
            The values are those of one moment. With --interval, the command prints them again and again until it is \
            interrupted. With --json, it prints one line for each sandbox.
            """)

    @Argument(help: "The sandboxes' ids. (default: all sandboxes of the namespace, up to 100)", transform: sandboxID)
    var ids: [SandboxID] = []

    @Option(
        help: ArgumentHelp("Print the values again after this time.", valueName: "seconds"), transform: milliseconds)
    var interval: Int?

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        var before: [SandboxID: SandboxUsage] = [:]
        while true {
            before = try await show(with: client, before)
            guard let interval else { return }
            try await Task.sleep(for: .milliseconds(interval))
        }
    }

    /// Prints the values once.
    ///
    /// - Parameter before: the values of the last time.
    private func show(
        with client: OutpostClient, _ before: [SandboxID: SandboxUsage]
    ) async throws -> [SandboxID: SandboxUsage] {
        var usages: [(id: SandboxID, usage: SandboxUsage)] = []
        for id in try await sandboxes(with: client) {
            do throws(OutpostError) {
                let answer = try await client.sandboxMetrics(id)
                usages.append((id, answer.body))
                if global.json { try Output.print(["id": .string(id.rawValue), "metrics": answer.json]) }
            } catch {
                // It may have been deleted after the list was made.
                guard error.code == .notFound, ids.isEmpty else { throw error }
            }
        }
        if !global.json { try Output.print(table(usages, before).lines) }
        return Dictionary(usages.map { ($0.id, $0.usage) }) { _, last in last }
    }

    private func sandboxes(with client: OutpostClient) async throws -> [SandboxID] {
        guard ids.isEmpty else { return ids }
        return try await client.listSandboxes(.init(list: .init(perPage: 100))).items.map(\.id)
    }

    private func table(
        _ usages: [(id: SandboxID, usage: SandboxUsage)], _ before: [SandboxID: SandboxUsage]
    ) -> TextTable {
        TextTable(
            header: ["ID", "CPU TIME", "CPU", "MEMORY", "PEAK", "PROCESSES", "DISK", "FILES"],
            rows: usages.map { id, usage in
                [
                    id.rawValue, "\((Double(usage.cpuMicroseconds / 10_000) / 100).text) s",
                    before[id].map { share(usage, since: $0) } ?? TextTable.absent, mebibytes(usage.memoryBytes),
                    mebibytes(usage.memoryPeakBytes), "\(usage.processes)", mebibytes(usage.diskUsedBytes),
                    "\(usage.diskUsedFiles)",
                ]
            })
    }

    /// The processor time since the last time, in percent of one core.
    private func share(_ usage: SandboxUsage, since before: SandboxUsage) -> String {
        let passed = Double(interval ?? 1) * 1000
        return "\(Int((Double(usage.cpuMicroseconds - before.cpuMicroseconds) / passed * 100).rounded())) %"
    }
}
