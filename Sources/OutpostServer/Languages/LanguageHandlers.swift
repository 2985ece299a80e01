// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostLanguages

extension Handlers {
    func listLanguages(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try ListQuery<LanguageSortField>(query: call.query)
        let replies = await engine.languages.entries().map { entry in
            LanguageReply(
                name: entry.language.name, aliases: entry.language.aliases, version: entry.version,
                image: entry.language.image, available: entry.isInstalled,
                installHint: entry.isInstalled ? nil : entry.language.toolchain.install)
        }
        let sorted = replies.sorted { query.order == .ascending ? $0.name < $1.name : $0.name > $1.name }
        return .json(Page(slicing: sorted, query).json)
    }
}
