// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Fetches a page of the languages that the server knows.
    public func listLanguages(
        _ query: ListQuery<LanguageSortField> = .init()
    ) async throws(OutpostError) -> Answer<Page<LanguageReply>> {
        try await answer(Call(operation: .listLanguages, query: query.pairs), as: Page<LanguageReply>.self)
    }
}
