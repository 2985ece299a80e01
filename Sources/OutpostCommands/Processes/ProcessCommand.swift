// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox process`.
struct ProcessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "process", abstract: "Start processes that live with a sandbox, and use them.",
        subcommands: [
            ProcessStartCommand.self, ProcessStatusCommand.self, ProcessLogsCommand.self, ProcessAttachCommand.self,
            ProcessInputCommand.self, ProcessSignalCommand.self, ProcessResizeCommand.self, ProcessWaitCommand.self,
            ProcessKillCommand.self,
        ])
}

/// The arguments of every command about one process.
struct ProcessPlace: ParsableArguments {
    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var sandbox: SandboxID

    @Argument(help: "The process's id.", transform: processID)
    var process: ProcessID
}

/// `outpost sandbox process status`.
struct ProcessStatusCommand: ServerCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Show a process.")

    @OptionGroup var place: ProcessPlace
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let process = try await client.getProcess(place.process, in: place.sandbox)
        if global.json { return try Output.print(process.json) }
        try Output.print(TextTable(fieldsOf: process.body).lines)
    }
}

/// `outpost sandbox process signal`.
struct ProcessSignalCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "signal", abstract: "Send a signal to a process and its group.")

    @OptionGroup var place: ProcessPlace

    @Argument(help: "The signal: SIGTERM, TERM, SIGINT and so on.", transform: signalNameArgument)
    var signal: String

    @Flag(help: "Send it to the process only, and not to its group.")
    var noGroup = false

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await client.signalProcess(place.process, in: place.sandbox, signal, group: !noGroup)
        if global.json { try Output.print(["signal": .string(signal)]) }
    }
}

/// `outpost sandbox process resize`.
struct ProcessResizeCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "resize", abstract: "Set the size of a process's terminal.")

    @OptionGroup var place: ProcessPlace

    @Option(help: "The width in characters.")
    var cols: Int

    @Option(help: "The height in characters.")
    var rows: Int

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let size = ProcessTerminal(rows: rows, columns: cols)
        try await client.resizeProcess(place.process, in: place.sandbox, size)
        if global.json { try Output.print(size.json) }
    }
}

/// `outpost sandbox process wait`.
struct ProcessWaitCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a process ends, and end with its exit code.",
        discussion: "An interrupt stops the waiting, not the process.")

    @OptionGroup var place: ProcessPlace
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await client.waitForProcess(place.process, in: place.sandbox).body.deliver(json: global.json)
    }
}

/// `outpost sandbox process kill`.
struct ProcessKillCommand: ResumingCommand {
    static let configuration = CommandConfiguration(commandName: "kill", abstract: "Kill processes and forget them.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var sandbox: SandboxID

    @Argument(help: "The processes' ids.", transform: processID)
    var processes: [ProcessID]

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await deleteAll(processes, json: global.json) { try await client.deleteProcess($0, in: sandbox) }
    }
}

/// Parses the id of a process.
func processID(_ text: String) throws -> ProcessID {
    guard let id = ProcessID(text) else {
        throw ValidationError("\"\(text)\" is not a process's id, such as proc_0123456789ab")
    }
    return id
}

/// Parses the name of a signal, with or without `SIG`.
func signalNameArgument(_ text: String) throws -> String {
    let name = text.uppercased().hasPrefix("SIG") ? text.uppercased() : "SIG" + text.uppercased()
    guard signalNumber(name) != nil else { throw ValidationError("\"\(text)\" is not the name of a signal") }
    return name
}
