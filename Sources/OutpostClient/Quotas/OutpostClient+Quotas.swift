// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// What a namespace may hold and holds; the caller's own when the query names none.
    public func quotas(_ query: QuotaQuery = .init()) async throws(OutpostError) -> Answer<QuotaReply> {
        try await answer(Call(operation: .getQuotas, query: query.pairs), as: QuotaReply.self)
    }
}
