// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost sandbox update`.
struct SandboxUpdateCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change settings of a sandbox. They count from its next run on.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Option(help: "A name to show to people; an empty text removes it.")
    var name: String?

    @Option(
        help: ArgumentHelp("Delete the sandbox this long after its creation; 0 for never.", valueName: "seconds"))
    var ttl: Int?

    @Option(
        help: ArgumentHelp(
            "Delete or pause the sandbox after this long without a use; 0 for never.", valueName: "seconds"))
    var idleTimeout: Int?

    @Option(help: "What happens then: delete or pause.")
    var onIdle: IdleAction?

    @Option(
        help: "Replace all environment variables. You may repeat this option.", transform: environmentVariable)
    var env: [EnvironmentVariable] = []

    @Flag(help: "Remove all environment variables.")
    var clearEnv = false

    @Option(help: "Replace all labels, NAME=VALUE. You may repeat this option.", transform: label)
    var metadata: [Label] = []

    @Flag(help: "Remove all labels.")
    var clearMetadata = false

    @OptionGroup var limits: LimitOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if clearEnv, !env.isEmpty { throw ValidationError("--env and --clear-env cannot be used together") }
        if clearMetadata, !metadata.isEmpty {
            throw ValidationError("--metadata and --clear-metadata cannot be used together")
        }
        guard update != SandboxUpdate() else { throw ValidationError("name at least one setting to change") }
    }

    func run(with client: OutpostClient) async throws {
        let sandbox = try await client.updateSandbox(id, update)
        if global.json { return try Output.print(sandbox.json) }
        try Output.print(TextTable(fieldsOf: sandbox.body).lines)
    }

    /// The body of the request.
    var update: SandboxUpdate {
        SandboxUpdate(
            name: name.map { $0.isEmpty ? .none : .value($0) } ?? .unchanged,
            metadata: metadata.isEmpty && !clearMetadata
                ? nil : Dictionary(metadata.map { ($0.name, $0.value) }) { _, last in last },
            timeToLiveSeconds: setting(ttl), idleTimeoutSeconds: setting(idleTimeout),
            environment: env.isEmpty && !clearEnv ? nil : env, limits: limits.request, onIdle: onIdle)
    }

    private func setting(_ seconds: Int?) -> SandboxUpdate.Setting<Int> {
        seconds.map { $0 == 0 ? .none : .value($0) } ?? .unchanged
    }
}
