// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension RouteTable {
    static let languages: [Route] = [
        Route(
            .listLanguages, .get, "/auth/v1/languages", tag: "languages", "List the languages this host can run",
            access: .authenticated, query: ListQuery<LanguageSortField>.parameters,
            success: .json(Page<LanguageReply>.schema))
    ]
}
