// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostMetrics

extension Handlers {
    func getHealth() -> Answer { .json(HealthReply(status: "ok").json) }

    func getReadiness() throws(OutpostError) -> Answer {
        if engine.isDraining { throw OutpostError(.unavailable, "the server is stopping", retryAfter: 5) }
        let stalled = stalled()
        guard stalled.isEmpty else {
            throw OutpostError(
                .unavailable, "a part of the server is blocked: \(stalled.joined(separator: ", "))", retryAfter: 1)
        }
        return .json(HealthReply(status: "ready").json)
    }

    /// The text format of Prometheus, version 0.0.4.
    func getMetrics() async -> Answer {
        await Gauges(factory: registry, engine: engine, jobs: jobs).read()
        return Answer(
            status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(registry.text.utf8))
    }
}
