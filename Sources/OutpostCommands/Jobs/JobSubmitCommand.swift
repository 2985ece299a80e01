// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost job submit`.
struct JobSubmitCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Hand a program in and print the job's id.",
        discussion: """
            With --wait, standard output, standard error and the exit code are the program's, as outpost run has them.
            """)

    @OptionGroup var program: ProgramOptions

    @Option(help: "The language's name. (default: the sandbox's; else by the file's name, or its first line)")
    var language: String?

    @Option(help: "Run in this sandbox instead of a new one.", transform: sandboxID)
    var sandbox: SandboxID?

    @Option(
        parsing: .unconditional,
        help: "From -100 to 100; of the namespace's jobs, those with a higher one go first.")
    var priority = 0

    @Option(
        help: ArgumentHelp(
            "How often the program may be started, when the platform fails it. Its own failure is a result.",
            valueName: "number"))
    var maxAttempts = 1

    @Option(help: ArgumentHelp("Gets the job, as a signed POST, when it has ended.", valueName: "url"))
    var callbackUrl: String?

    @Flag(help: "Wait until the job ends. An interrupt ends the waiting, not the job.")
    var wait = false

    @Flag(help: "What follows -- is a command, which no shell sees, instead of a program's arguments.")
    var command = false

    @OptionGroup var security: SecurityOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let input = LocalInput.process
        let text = try ProgramText(program, command: command, from: input)
        let submitted = try await submit(try request(text, language: language(of: text, client), input), client)
        if wait {
            let ended = try await JobWait(client, submitted.id, known: submitted.body).ended()
            return try ended.deliver(json: global.json, memoryLimit: options.limits.memory)
        }
        if global.json { return try Output.print(submitted.json) }
        try Output.print([submitted.id.rawValue])
    }

    func validate() throws {
        try program.validate(asCommand: command)
        if sandbox != nil, security.request != nil {
            throw ValidationError("--user, --preset and --no-seccomp are those of the sandbox")
        }
    }

    /// What to send.
    ///
    /// - Throws: `invalid_request` when a file cannot be read.
    func request(_ text: ProgramText, language: String?, _ input: LocalInput) throws -> JobRequest {
        JobRequest(
            execution: try options.request(text, language: nil, arguments: program.arguments, input),
            language: language, security: security.request, priority: priority, maxAttempts: maxAttempts,
            callbackURL: callbackUrl)
    }

    private func language(of text: ProgramText, _ client: OutpostClient) async throws -> String? {
        if language != nil || sandbox != nil { return language }
        return try await text.language(client)
    }

    private func submit(_ request: JobRequest, _ client: OutpostClient) async throws -> Answer<Job> {
        guard let sandbox else { return try await client.submitJob(request) }
        return try await client.submitJob(request, in: sandbox)
    }
}
