// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The program of a run: code on the command line, in a file or on standard input, and its arguments.
struct ProgramOptions: ParsableArguments {
    @Option(name: [.customShort("c"), .long], help: "The program's text.")
    var code: String?

    @Argument(help: "The file with the program's text; - reads it from standard input.", completion: .file())
    var file: String?

    @Argument(parsing: .postTerminator, help: "What follows -- are the program's arguments.")
    var arguments: [String] = []

    func validate() throws {
        if code != nil, file != nil { throw ValidationError("give the program with -c or as a file, not both") }
    }
}
