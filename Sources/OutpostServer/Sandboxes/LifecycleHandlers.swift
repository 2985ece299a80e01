// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func updateSandbox(_ call: Call) async throws(OutpostError) -> Answer {
        let update = try await decoded(SandboxUpdate.self, call)
        return try await told(
            try await engine.sandboxes.update(call.requireSandbox(), update, in: call.requireNamespace()), call)
    }

    func pauseSandbox(_ call: Call) async throws(OutpostError) -> Answer {
        try await told(try await engine.sandboxes.pause(call.requireSandbox(), in: call.requireNamespace()), call)
    }

    func resumeSandbox(_ call: Call) async throws(OutpostError) -> Answer {
        try await told(try await engine.sandboxes.resume(call.requireSandbox(), in: call.requireNamespace()), call)
    }

    private func told(_ sandbox: Sandbox, _ call: Call) async throws(OutpostError) -> Answer {
        try await encoded(bytes: sandbox.recordBytes, call) { sandbox.json }
    }

    /// Resumes a paused sandbox if the query asks for it. Does nothing for a sandbox that is not paused.
    ///
    /// - Parameter id: nil when the call names no sandbox.
    /// - Throws: `invalid_request` for an unknown parameter; `not_found` when the namespace has no such sandbox.
    func resumeIfAsked(_ id: SandboxID?, _ call: Call) async throws(OutpostError) {
        guard try ResumeQuery(query: call.query).resume, let id else { return }
        try await engine.sandboxes.resume(id, in: call.requireNamespace(), isOptional: true)
    }

    func getSandboxMetrics(_ call: Call) async throws(OutpostError) -> Answer {
        .json(try await engine.sandboxes.usage(of: call.requireSandbox(), in: call.requireNamespace()).json)
    }

    /// Answers with a live stream when the caller accepts events, else with the events so far.
    func getSandboxEvents(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try SandboxEventsQuery(query: call.query)
        let (id, namespace) = (try call.requireSandbox(), try call.requireNamespace())
        guard call.wantsEvents else {
            let events = try await engine.sandboxes.events(of: id, in: namespace)
            return .json(SandboxEventList(events: events.filter { $0.number > query.after }).json)
        }
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let reader = try await engine.sandboxes.eventReader(of: id, in: namespace, after: query.after)
        return .events(hold, of: call, leave: { reader.leave() }) { send in
            try await reader.forEach { event in
                try await send(event.map { EventText.event($0.kind.rawValue, $0.json) } ?? EventText.comment)
            }
        }
    }
}
