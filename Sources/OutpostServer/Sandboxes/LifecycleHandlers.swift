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

    /// Ends a pause of the sandbox in the path if the query asks for it.
    ///
    /// - Returns: the call without this parameter.
    /// - Throws: as `resumeIfAsked`; `forbidden` when the caller may only look at sandboxes.
    func resumed(_ call: Call, _ route: Route) async throws(OutpostError) -> Call {
        // The handlers of calls without other parameters do not look at the query.
        let isOnlyOne = route.query.count == ResumeQuery.parameters.count
        var (asking, rest) = (call, call)
        asking.query = call.query.filter { isOnlyOne || $0.name == ResumeQuery.name }
        rest.query = isOnlyOne ? [] : call.query.filter { $0.name != ResumeQuery.name }
        guard !asking.query.isEmpty else { return call }
        if call.endpoint.access == .scope(.sandboxRead) { try call.principal?.require(.sandboxWrite) }
        try await resumeIfAsked(call.requireSandbox(), asking)
        return rest
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
