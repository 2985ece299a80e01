// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost run`: runs a program in a new sandbox and prints its output.
struct RunCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a program in a sandbox of its own.",
        discussion: LiveRun.discussion)

    @OptionGroup var program: ProgramOptions

    @Option(help: "The language's name. (default: from the file's name or first line)")
    var language: String?

    @Flag(
        help: """
            Run the words after -- as a command, without a shell. If a folder is named before --, its files are sent too.
            """)
    var command = false

    @OptionGroup var live: LiveOptions
    @OptionGroup var security: SecurityOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let text = try ProgramText(program, command: command, live: isLive, from: .process)
        let language = if let language { language } else { try await text.language(client) }
        let request = try request(text, language: language, .process)
        guard isLive else {
            return try (try await client.execute(request)).deliver(json: global.json, limits: options.knownLimits)
        }
        let input = text.isInputOpen ? InputSending(client: client) : nil
        try await LiveRun(limits: options.knownLimits, isDetached: live.detach, input: input).deliver { take in
            try await client.execute(request, following: take)
        }
    }

    /// Whether the output is printed, and the input sent, while the program runs.
    private var isLive: Bool { !global.json && options.isLive }

    func validate() throws { try program.validate(asCommand: command) }

    /// Makes the request.
    ///
    /// - Throws: `invalid_request` when a file cannot be read.
    func request(_ text: ProgramText, language: String, _ input: LocalInput) throws -> ExecuteRequest {
        var execution = try options.request(text, language: nil, arguments: program.arguments, input)
        live.apply(to: &execution)
        return ExecuteRequest(language: language, execution: execution, security: security.request)
    }
}
