// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient

extension ProgramText {
    /// Finds the language of the program by its file name or its first line. Asks the server only when the extension is
    /// not one of the usual ones.
    ///
    /// - Throws: `ValidationError` when the language is not clear; the error of the call.
    func language(_ client: OutpostClient) async throws -> String {
        if isCommand { return "bash" }
        let guess = LanguageGuess(path: path, code: code)
        if let language = guess.language { return language }
        if let name = guess.fileExtension {
            let known = try await client.listLanguages(.init(perPage: 100)).items
            if let language = known.first(where: { $0.name == name || $0.aliases.contains(name) }) {
                return language.name
            }
        }
        throw ValidationError("cannot tell the program's language: give it with --language")
    }
}
