// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox process attach`.
struct ProcessAttachCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Connect to a process.",
        discussion: """
            The command prints what is kept of the output and then new output as it comes, and ends with the exit code of \
            the process. If the process has a terminal, this terminal becomes it: type ~. at the start of a line to leave. \
            Otherwise an interrupt (Ctrl-C) leaves. The process goes on then.
            """)

    @OptionGroup var place: ProcessPlace

    @Option(help: ArgumentHelp("Only output after this position: `seq` of an earlier answer.", valueName: "seq"))
    var afterSeq = 0

    @Flag(help: "Send standard input to a process without a terminal.")
    var stdin = false

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let hasTerminal = try await client.getProcess(place.process, in: place.sandbox).terminal != nil
        let session = TerminalSession(isRaw: hasTerminal, sendsInput: hasTerminal || stdin)
        let process = try await session.run { [place, afterSeq] use, take in
            try await client.attach(
                to: place.process, in: place.sandbox, after: afterSeq, hasTerminal: hasTerminal, use, taking: take)
        }
        try process?.deliver(json: global.json)
    }
}

/// `outpost sandbox process stdin`.
struct ProcessInputCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "stdin", abstract: "Send standard input to a process.",
        discussion: "The command returns when the process can read everything.")

    @OptionGroup var place: ProcessPlace

    @Flag(help: "End the process's input afterwards.")
    var eof = false

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let keyboard = Keyboard()
        var count = 0
        for await bytes in keyboard.pieces {
            try await client.writeInput(bytes, to: place.process, in: place.sandbox)
            count += bytes.count
            keyboard.take()
        }
        if eof { try await client.writeInput([], to: place.process, in: place.sandbox, isLast: true) }
        if global.json { try Output.print(["bytes": .integer(Int64(count))]) }
    }
}
