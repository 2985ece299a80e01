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
            Standard output, standard error and the exit code are the program's. 128 and the signal's number stand for \
            a signal, 124 for a timeout, 137 for out of memory, 125 for a fault of the service.
            """)

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @OptionGroup var program: ProgramOptions

    @Option(help: "The language's name. (default: the sandbox's)")
    var language: String?

    @Flag(help: "What follows -- is a command, which no shell sees, instead of a program's arguments.")
    var command = false

    @Flag(help: "Do not wait for the runs before it, in a stateful sandbox.")
    var concurrent = false

    @OptionGroup var options: RunOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if command, language != nil { throw ValidationError("--command takes no --language") }
        try program.validate(asCommand: command)
    }

    func run(with client: OutpostClient) async throws {
        let answer = try await client.exec(try request(.process), in: id)
        try answer.deliver(json: global.json, memoryLimit: options.limits.memory)
    }

    /// What to send.
    ///
    /// - Throws: `invalid_request` when something cannot be read; `ValidationError` when there is no program.
    func request(_ input: LocalInput) throws -> ExecutionRequest {
        let text = try ProgramText(program, command: command, from: input)
        var request = try options.request(text, language: language, arguments: program.arguments, input)
        request.concurrent = concurrent
        return request
    }
}
