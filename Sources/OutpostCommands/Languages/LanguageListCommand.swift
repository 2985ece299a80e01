// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostClient

/// `outpost language list`.
struct LanguageListCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the languages that the server knows.")

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        let page = try await client.listLanguages(.init(perPage: 100))
        if global.json { return try Output.print(page.json) }
        try Output.print(TextTable(languages: page.items).lines)
        if let note = page.body.note("languages") { Output.warn(note) }
    }
}

extension TextTable {
    /// One row for each language.
    init(languages: [LanguageReply]) {
        self.init(
            header: ["LANGUAGE", "AVAILABLE", "VERSION", "IMAGE", "ALIASES", "TO INSTALL"],
            rows: languages.map { language in
                [
                    language.name, language.available ? "yes" : "no", language.version ?? TextTable.absent,
                    language.image, language.aliases.joined(separator: ","),
                    language.available ? "" : language.installHint ?? TextTable.absent,
                ]
            })
    }
}
