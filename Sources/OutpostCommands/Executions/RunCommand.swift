// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost run`: a program, from the command line into a sandbox of its own and back.
struct RunCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a program in a sandbox of its own.",
        discussion: """
            Standard output, standard error and the exit code are the program's. 128 and the signal's number stand for \
            a signal, 124 for a timeout, 137 for out of memory, 125 for a fault of the service.
            """)

    @OptionGroup var program: ProgramOptions

    @Option(help: "The language's name. (default: by the file's name, or its first line)")
    var language: String?

    @Flag(
        help: """
            What follows -- is a command, which no shell sees, instead of a program's arguments; a folder before it is sent \
            with it.
            """)
    var command = false

    @OptionGroup var security: SecurityOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let text = try ProgramText(program, command: command, from: .process)
        let language = if let language { language } else { try await text.language(client) }
        let answer = try await client.execute(try request(text, language: language, .process))
        try answer.deliver(json: global.json, memoryLimit: options.limits.memory)
    }

    func validate() throws { try program.validate(asCommand: command) }

    /// What to send.
    ///
    /// - Throws: `invalid_request` when a file cannot be read.
    func request(_ text: ProgramText, language: String, _ input: LocalInput) throws -> ExecuteRequest {
        ExecuteRequest(
            language: language,
            execution: try options.request(text, language: nil, arguments: program.arguments, input),
            security: security.request)
    }
}
