// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostJobs

extension Handlers {
    func getQuotas(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try QuotaQuery(query: call.query)
        let namespace = query.namespace ?? call.owner
        try call.principal?.require(namespace)
        let standings = try await engine.standings(of: namespace) + jobs.standings(of: namespace)
        return .json(
            QuotaReply(
                namespace: namespace,
                quotas: standings.map { .init(name: $0.quota.rawValue, limit: $0.limit, used: $0.used) },
                share: engine.quotas.policy.share(of: namespace)
            ).json)
    }
}
