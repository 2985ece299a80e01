// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost job submit`.
struct JobSubmitCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Queue a program and print the job's id.",
        discussion: """
            With --wait, the command prints the program's output and ends with its exit code, as outpost run does.
            """)

    @OptionGroup var program: ProgramOptions

    @Option(help: "The language's name. (default: the sandbox's; else from the file's name or first line)")
    var language: String?

    @Option(help: "Run in this sandbox instead of a new one.", transform: sandboxID)
    var sandbox: SandboxID?

    @Option(
        parsing: .unconditional,
        help: "From -100 to 100. A job with a higher priority runs before others of the namespace.")
    var priority = 0

    @Option(
        help: ArgumentHelp(
            "How many times the program may start. It starts again when the platform fails, not when the program fails.",
            valueName: "number"))
    var maxAttempts = 1

    @Option(
        help: ArgumentHelp(
            "When the job has ended, the server sends it to this URL, as a signed POST.", valueName: "url"))
    var callbackUrl: String?

    @Flag(help: "Wait until the job ends. An interrupt stops the waiting, not the job.")
    var wait = false

    @Flag(help: "Run the words after -- as a command, without a shell.")
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
            return try ended.deliver(json: global.json, limits: options.knownLimits)
        }
        if global.json { return try Output.print(submitted.json) }
        try Output.print([submitted.id.rawValue])
    }

    func validate() throws {
        try program.validate(asCommand: command)
        if sandbox != nil, security.request != nil {
            throw ValidationError(
                "with --sandbox, leave out --user, --preset, --isolation and --no-seccomp: the sandbox has its own")
        }
    }

    /// Makes the request.
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
