// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OutpostAPI
import OutpostClient
import OutpostCore

/// `outpost sandbox shell`.
struct SandboxShellCommand: ResumingCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Open a terminal in a stateful sandbox.",
        discussion: """
            The command starts a login shell, or the words after -- as a command, and connects this terminal to it. It \
            ends with the exit code of the shell. Type ~. at the start of a line to leave. What runs in the terminal ends \
            then, unless you gave --keep.
            """)

    @Argument(help: "The sandbox's id.", transform: sandboxID)
    var id: SandboxID

    @Flag(help: "Let the process go on when the connection ends. `sandbox process attach` connects again.")
    var keep = false

    @Argument(parsing: .postTerminator, help: "The command to run instead of a login shell, after --.")
    var command: [String] = []

    @OptionGroup var pause: ResumeOption
    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let session = TerminalSession(isRaw: true, sendsInput: true)
        let query = query(type: ProcessInfo.processInfo.environment["TERM"], size: RawTerminal.size)
        let process = try await session.run { [id] use, take in
            try await client.openTerminal(in: id, query, use, taking: take)
        }
        guard let process else {
            if keep { Output.warn("outpost: the process goes on; `outpost sandbox ps \(id)` lists it") }
            return
        }
        try process.deliver(json: global.json)
    }

    /// The query of the call.
    ///
    /// - Parameters:
    ///   - type: the type of this terminal; nil when unknown.
    ///   - size: its size; nil when there is none.
    func query(type: String?, size: ProcessTerminal?) -> TerminalQuery {
        TerminalQuery(
            size: size ?? .ordinary, command: command.isEmpty ? nil : command.map(shellQuoted).joined(separator: " "),
            type: type.flatMap { $0.isEmpty || $0 == "dumb" ? nil : $0 }, isKept: keep)
    }
}

/// Returns `word` in a form that a shell reads as one word (POSIX, XCU 2.2).
func shellQuoted(_ word: String) -> String {
    let isPlain =
        !word.isEmpty
        && word.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_./=:,+@%".utf8.contains(byte)
        }
    if isPlain { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
