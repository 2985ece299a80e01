// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Fetches the quotas of a namespace and their use. Without a namespace in the query, it is the token's own.
    public func quotas(_ query: QuotaQuery = .init()) async throws(OutpostError) -> Answer<QuotaReply> {
        try await answer(Call(operation: .getQuotas, query: query.pairs), as: QuotaReply.self)
    }
}
