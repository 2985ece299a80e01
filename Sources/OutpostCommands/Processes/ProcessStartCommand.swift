// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox process start`.
struct ProcessStartCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a process that lives with a stateful sandbox.",
        discussion: """
            The process is the words after -- as a command, without a shell. With -c or a file it is a program in a \
            language, and the words after -- are its arguments. The command prints the id of the process.
            """)

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Option(name: [.customShort("c"), .long], help: "The program's text.")
    var code: String?

    @Argument(help: "The file with the program; - is standard input.", completion: .file())
    var file: String?

    @Argument(parsing: .postTerminator, help: "The command, or the program's arguments, after --.")
    var words: [String] = []

    @Option(help: "The language's name. (default: the sandbox's)")
    var language: String?

    @Option(help: "A name that no running process of the sandbox has.")
    var name: String?

    @Flag(help: "Give the process a terminal.")
    var tty = false

    @Flag(help: "Give the process a standard input that stays open. A terminal always has one.")
    var stdin = false

    @Option(
        help: "Set an environment variable of the process. You may repeat this option.", transform: environmentVariable)
    var env: [EnvironmentVariable] = []

    @Option(help: ArgumentHelp("The working directory of the process, inside the sandbox.", valueName: "path"))
    var workingDir: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if code != nil, file != nil { throw ValidationError("give the program with -c or as a file, not both") }
        if code == nil, file == nil, words.isEmpty {
            throw ValidationError("no process: name a file, give the text with -c, or a command after --")
        }
    }

    func run(with client: OutpostClient) async throws {
        let process = try await client.startProcess(try request(.process), in: id)
        if global.json { return try Output.print(process.json) }
        try Output.print([process.id.rawValue])
    }

    /// Makes the request.
    ///
    /// - Throws: `invalid_request` when a file cannot be read.
    func request(_ input: LocalInput) throws -> ProcessRequest {
        let isCommand = code == nil && file == nil
        var limits = limits.request
        limits.timeoutMilliseconds = nil
        return ProcessRequest(
            program: isCommand ? .command(words) : .code(try text(input), language: language),
            arguments: isCommand ? [] : words, environment: env, workingDirectory: workingDir,
            terminal: tty ? RawTerminal.size ?? .ordinary : nil, takesInput: stdin,
            timeoutMilliseconds: self.limits.timeout, limits: limits, name: name)
    }

    private func text(_ input: LocalInput) throws -> String {
        if let code { return code }
        let path = file ?? "-"
        let bytes = path == "-" ? try input.standardInput() : try input.file(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw OutpostError(.invalidRequest, "\(path) is not UTF-8 text")
        }
        return text
    }
}
