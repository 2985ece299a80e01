// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The program of a run and its arguments. The text is on the command line, in a file or in standard input.
struct ProgramOptions: ParsableArguments {
    @Option(name: [.customShort("c"), .long], help: "The program's text.")
    var code: String?

    @Argument(
        help: """
            The file with the program; - is standard input. If it is a folder, its main file runs. The folder's other \
            files are sent too, except those that .gitignore names.
            """, completion: .file())
    var file: String?

    @Argument(parsing: .postTerminator, help: "The program's arguments, after --.")
    var arguments: [String] = []

    /// - Parameter isCommand: whether the arguments are the command to run.
    /// - Throws: `ValidationError` when there is a text too, or no command.
    func validate(asCommand isCommand: Bool) throws {
        guard isCommand else { return }
        if arguments.isEmpty { throw ValidationError("--command needs a command after --") }
        if code != nil { throw ValidationError("--command and -c cannot be used together") }
    }

    func validate() throws {
        if code != nil, file != nil { throw ValidationError("give the program with -c or as a file, not both") }
    }
}
