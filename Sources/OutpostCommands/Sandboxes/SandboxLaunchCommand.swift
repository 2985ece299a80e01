// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost sandbox launch`.
struct SandboxLaunchCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch", abstract: "Create a sandbox and print its id.")

    @Option(help: "The language that it runs unless a run says otherwise.")
    var language: String

    @Option(help: "Whether anything stays between runs.")
    var mode = SandboxMode.ephemeral

    @OptionGroup var limits: LimitOptions
    @OptionGroup var security: SecurityOptions

    @Option(help: "A name for people.")
    var name: String?

    @Option(help: "A variable of every run's environment; may be given several times.", transform: environmentVariable)
    var env: [EnvironmentVariable] = []

    @Option(help: ArgumentHelp("The folder, inside the sandbox, that runs start in.", valueName: "path"))
    var workingDir: String?

    @Option(help: ArgumentHelp("Time from creation to its deletion.", valueName: "seconds"))
    var ttl: Int?

    @Option(help: ArgumentHelp("Time without a run after which it is deleted.", valueName: "seconds"))
    var idleTimeout: Int?

    @Option(help: "A label, NAME=VALUE; may be given several times.", transform: label)
    var metadata: [Label] = []

    @Flag(help: "Print a table instead of the id.")
    var wide = false

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let sandbox = try await client.createSandbox(request)
        if global.json { return try Output.print(sandbox.json) }
        try Output.print(wide ? TextTable(sandboxes: [sandbox.body]).lines : [sandbox.id.rawValue])
    }

    /// What to send.
    var request: SandboxRequest {
        SandboxRequest(
            language: language, mode: mode, limits: limits.request, environment: env, workingDirectory: workingDir,
            security: security.request ?? .init(), name: name,
            metadata: Dictionary(metadata.map { ($0.name, $0.value) }) { _, last in last },
            timeToLiveSeconds: ttl, idleTimeoutSeconds: idleTimeout)
    }
}
