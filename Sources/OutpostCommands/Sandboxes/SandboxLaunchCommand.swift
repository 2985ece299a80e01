// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost sandbox launch`.
struct SandboxLaunchCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch", abstract: "Create a sandbox and print its id.")

    @Option(help: "The language of the programs. A run may name another language.")
    var language: String

    @Option(help: "stateful keeps files from run to run; ephemeral keeps nothing.")
    var mode = SandboxMode.ephemeral

    @OptionGroup var limits: LimitOptions
    @OptionGroup var security: SecurityOptions

    @Option(help: "A name to show to people.")
    var name: String?

    @Option(
        help: "Set an environment variable of every run. You may repeat this option.", transform: environmentVariable)
    var env: [EnvironmentVariable] = []

    @Option(help: ArgumentHelp("The working directory of the runs, inside the sandbox.", valueName: "path"))
    var workingDir: String?

    @Option(help: ArgumentHelp("Delete the sandbox this long after its creation.", valueName: "seconds"))
    var ttl: Int?

    @Option(help: ArgumentHelp("Delete or pause the sandbox after this long without a use.", valueName: "seconds"))
    var idleTimeout: Int?

    @Option(help: "What happens then: delete or pause. pause needs --mode stateful.")
    var onIdle = IdleAction.delete

    @Option(help: "Add a label, NAME=VALUE. You may repeat this option.", transform: label)
    var metadata: [Label] = []

    @Option(
        help: "The snapshot with the files to start from. It needs --mode stateful.", transform: snapshotID)
    var snapshot: SnapshotID?

    @Flag(help: "Print a table instead of the id.")
    var wide = false

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let sandbox = try await client.createSandbox(request)
        if global.json { return try Output.print(sandbox.json) }
        try Output.print(wide ? TextTable(sandboxes: [sandbox.body]).lines : [sandbox.id.rawValue])
    }

    /// The body of the request.
    var request: SandboxRequest {
        SandboxRequest(
            language: language, mode: mode, limits: limits.request, environment: env, workingDirectory: workingDir,
            security: security.request ?? .init(), name: name,
            metadata: Dictionary(metadata.map { ($0.name, $0.value) }) { _, last in last },
            timeToLiveSeconds: ttl, idleTimeoutSeconds: idleTimeout, snapshot: snapshot, onIdle: onIdle)
    }
}
