// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    static let quotas: [Route] = [
        Route(
            .getQuotas, .get, "/auth/v1/quotas", tag: "quotas", "Show the namespace's quotas and what it uses",
            access: .scope(.sandboxRead), query: QuotaQuery.parameters, success: .json(QuotaReply.schema))
    ]
}
