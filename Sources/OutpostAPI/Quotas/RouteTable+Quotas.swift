// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    static let quotas: [Route] = [
        Route(
            .getQuotas, .get, "/auth/v1/quotas", tag: "quotas", "Show what the namespace may hold and holds",
            access: .scope(.sandboxRead), query: QuotaQuery.parameters, success: .json(QuotaReply.schema))
    ]
}
