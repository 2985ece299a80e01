// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox context`.
struct SandboxContextCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context", abstract: "Run code in kernels, which keep their variables.",
        subcommands: [
            ContextCreateCommand.self, ContextListCommand.self, ContextExecCommand.self,
            ContextInterruptCommand.self, ContextRestartCommand.self, ContextDeleteCommand.self,
        ])
}

/// A sandbox and one of its kernels.
struct ContextOptions: ParsableArguments {
    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Argument(help: "The context's id.", transform: contextID)
    var context: ContextID
}

/// `outpost sandbox context create`.
struct ContextCreateCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Start a kernel in a stateful sandbox and print its id.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Option(help: "python or node. (default: the sandbox's language)")
    var language: String?

    @Option(help: "Set an environment variable. You may repeat this option.", transform: environmentVariable)
    var env: [EnvironmentVariable] = []

    @Option(help: ArgumentHelp("The working directory, inside the sandbox.", valueName: "path"))
    var workingDir: String?

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let kernel = try await client.createContext(
            KernelRequest(language: language, workingDirectory: workingDir, environment: env), in: id)
        if global.json { return try Output.print(kernel.json) }
        try Output.print([kernel.body.id.rawValue])
    }
}

/// `outpost sandbox context list`.
struct ContextListCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the kernels of a sandbox, newest first.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @OptionGroup var paging: PagingOptions
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listContexts(in: id, .init(page: paging.page, perPage: paging.perPage))
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(kernels: page.items).lines)
        if let note = page.body.note("contexts") { Output.warn(note) }
    }
}

/// `outpost sandbox context interrupt`.
struct ContextInterruptCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "interrupt", abstract: "Interrupt the code in progress. The variables stay.")

    @OptionGroup var place: ContextOptions
    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let kernel = try await client.interruptContext(place.context, in: place.id)
        if global.json { try Output.print(kernel.json) }
    }
}

/// `outpost sandbox context restart`.
struct ContextRestartCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Start a kernel again. Its variables are lost.")

    @OptionGroup var place: ContextOptions
    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let kernel = try await client.restartContext(place.context, in: place.id)
        if global.json { try Output.print(kernel.json) }
    }
}

/// `outpost sandbox context delete`.
struct ContextDeleteCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Kill kernels and forget them.")

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Argument(help: "The contexts' ids.", transform: contextID)
    var contexts: [ContextID]

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await deleteAll(contexts, json: global.json) { [id] in try await client.deleteContext($0, in: id) }
    }
}

extension TextTable {
    /// One row for each kernel.
    init(kernels: [SandboxKernel]) {
        self.init(
            header: ["ID", "LANGUAGE", "STATUS", "CAUSE", "COUNT", "CREATED"],
            rows: kernels.map { kernel in
                [
                    kernel.id.rawValue, kernel.language, kernel.status.rawValue,
                    kernel.end?.cause.rawValue ?? TextTable.absent, String(kernel.executionCount),
                    Optional(kernel.createdAt).cell,
                ]
            })
    }
}
