// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The program of a run: code on the command line, in a file or on standard input, and its arguments.
struct ProgramOptions: ParsableArguments {
    @Option(name: [.customShort("c"), .long], help: "The program's text.")
    var code: String?

    @Argument(
        help: """
            The file with the program's text; - reads it from standard input. Of a folder the main file is run, with all \
            its files beside it but those that .gitignore names.
            """, completion: .file())
    var file: String?

    @Argument(parsing: .postTerminator, help: "What follows -- are the program's arguments.")
    var arguments: [String] = []

    /// - Parameter isCommand: whether the program is a command, in place of a text.
    /// - Throws: `ValidationError` for two programs, or none.
    func validate(asCommand isCommand: Bool) throws {
        guard isCommand else { return }
        if arguments.isEmpty { throw ValidationError("--command needs a command after --") }
        if code != nil { throw ValidationError("--command takes no -c") }
    }

    func validate() throws {
        if code != nil, file != nil { throw ValidationError("give the program with -c or as a file, not both") }
    }
}
