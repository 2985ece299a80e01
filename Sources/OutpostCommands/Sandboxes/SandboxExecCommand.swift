// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost sandbox exec`.
struct SandboxExecCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a program in a sandbox.",
        discussion: """
            The command prints the program's standard output and standard error as they come, and ends with its exit \
            code. An interrupt (Ctrl-C) cancels the run. The code \
            is 128 plus the signal's number after a signal, 124 after a timeout, 137 when memory ran out, and 125 when \
            the service failed.
            """)

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @OptionGroup var program: ProgramOptions

    @Option(help: "The language's name. (default: the sandbox's)")
    var language: String?

    @Flag(help: "Run the words after -- as a command, without a shell.")
    var command = false

    @Flag(help: "Start at once. In a stateful sandbox, do not wait for earlier runs.")
    var concurrent = false

    @Flag(help: "End a pause of the sandbox first.")
    var resume = false

    @OptionGroup var live: LiveOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if command, language != nil { throw ValidationError("--command and --language cannot be used together") }
        try program.validate(asCommand: command)
    }

    func run(with client: OutpostClient) async throws {
        let request = try request(.process)
        guard !global.json, options.isLive else {
            return try (try await client.exec(request, in: id, resuming: resume)).deliver(
                json: global.json, limits: options.knownLimits)
        }
        try await LiveRun(limits: options.knownLimits, isDetached: live.detach).deliver { [id, resume] take in
            try await client.exec(request, in: id, resuming: resume, following: take)
        }
    }

    /// Makes the request.
    ///
    /// - Throws: `invalid_request` when a file cannot be read; `ValidationError` when there is no program.
    func request(_ input: LocalInput) throws -> ExecutionRequest {
        let text = try ProgramText(program, command: command, from: input)
        var request = try options.request(text, language: language, arguments: program.arguments, input)
        request.concurrent = concurrent
        live.apply(to: &request)
        return request
    }
}
