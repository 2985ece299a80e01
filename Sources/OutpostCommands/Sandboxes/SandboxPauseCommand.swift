// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox pause`.
struct SandboxPauseCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Freeze all processes of stateful sandboxes.",
        discussion: """
            A paused sandbox uses no processor, keeps its memory, and refuses runs until it is resumed. Its expiry goes on.
            """)

    @Argument(help: "The sandboxes' ids.", transform: sandboxID)
    var ids: [SandboxID]

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await changeAll(ids, json: global.json) { try await client.pauseSandbox($0) }
    }
}

/// `outpost sandbox resume`.
struct SandboxResumeCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End the pause of sandboxes.")

    @Argument(help: "The sandboxes' ids.", transform: sandboxID)
    var ids: [SandboxID]

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await changeAll(ids, json: global.json) { try await client.resumeSandbox($0) }
    }
}

/// Changes the sandboxes one after the other, and prints them. Goes on after an error, and prints its message.
///
/// - Throws: the exit code of the last error, after all sandboxes were tried.
private func changeAll(
    _ ids: [SandboxID], json: Bool, _ change: (SandboxID) async throws -> Answer<Sandbox>
) async throws {
    let (changed, exitCode) = try await withEach(ids, change)
    if json {
        try Output.print(["data": .array(changed.map(\.json))])
    } else if !changed.isEmpty {
        try Output.print(TextTable(sandboxes: changed.map(\.body)).lines)
    }
    guard exitCode.isSuccess else { throw exitCode }
}
