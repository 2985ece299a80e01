// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost sandbox exec`.
struct SandboxExecCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a program in a sandbox.",
        discussion: LiveRun.discussion)

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @OptionGroup var program: ProgramOptions

    @Option(help: "The language's name. (default: the sandbox's)")
    var language: String?

    @Flag(help: "Run the words after -- as a command, without a shell.")
    var command = false

    @Flag(help: "Start at once. In a stateful sandbox, do not wait for earlier runs.")
    var concurrent = false

    @OptionGroup var live: LiveOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if command, language != nil { throw ValidationError("--command and --language cannot be used together") }
        try program.validate(asCommand: command)
    }

    func run(with client: OutpostClient) async throws {
        let request = try request(.process)
        guard isLive else {
            return try (try await client.exec(request, in: id)).deliver(
                json: global.json, limits: options.knownLimits)
        }
        let input = request.isInputOpen ? InputSending(client: client) : nil
        try await LiveRun(limits: options.knownLimits, isDetached: live.detach, input: input).deliver {
            [id] take in
            try await client.exec(request, in: id, following: take)
        }
    }

    /// Whether the output is printed, and the input sent, while the program runs.
    private var isLive: Bool { !global.json && options.isLive }

    /// Makes the request.
    ///
    /// - Throws: `invalid_request` when a file cannot be read; `ValidationError` when there is no program.
    func request(_ input: LocalInput) throws -> ExecutionRequest {
        let text = try ProgramText(program, command: command, live: isLive, from: input)
        var request = try options.request(text, language: language, arguments: program.arguments, input)
        request.concurrent = concurrent
        live.apply(to: &request)
        return request
    }
}
