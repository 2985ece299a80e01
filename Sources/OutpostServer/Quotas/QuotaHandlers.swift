// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostJobs

extension Handlers {
    func quotas(_ call: Call) async throws(OutpostError) -> Answer {
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

    /// The body of a call as a value. A large one is read on a thread that no other answer waits for.
    func decoded<Body: JSONBody>(_ type: Body.Type, _ call: Call) async throws(OutpostError) -> Body {
        let bytes = call.body
        return try await engine.work.run(bytes: bytes.count, for: call.owner) { () throws(OutpostError) in
            try Body(request: bytes)
        }
    }

    /// The answer that tells how a run ended, however much it has written.
    func told(_ execution: Execution, _ call: Call) async throws(OutpostError) -> Answer {
        let bytes = execution.stdout.bytes.count + execution.stderr.bytes.count
        return try await engine.work.run(bytes: bytes, for: call.owner) { () throws(OutpostError) in
            .json(execution.json)
        }
    }
}
