// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func listExecutions(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try ListQuery<ExecutionSortField>(query: call.query)
        let records = try await engine.sandboxes.executions(of: call.requireSandbox(), in: call.requireNamespace())
        // A run that waits for its start is newer than all others.
        let sorted = records.sorted { one, other in
            let times = (one.startedAt?.milliseconds ?? .max, other.startedAt?.milliseconds ?? .max)
            let isBefore = times.0 == times.1 ? one.id.rawValue < other.id.rawValue : times.0 < times.1
            return query.order == .ascending ? isBefore : !isBefore && one.id != other.id
        }
        return .json(Page(slicing: sorted.map(ListedExecution.init), query).json)
    }

    func getExecution(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try PollQuery(query: call.query)
        return try await told(
            try await engine.sandboxes.execution(
                call.requireExecution(), of: call.requireSandbox(), in: call.requireNamespace(),
                waitSeconds: query.waitSeconds), call)
    }

    func cancelExecution(_ call: Call) async throws(OutpostError) -> Answer {
        return try await told(
            try await engine.sandboxes.cancelExecution(
                call.requireExecution(), of: call.requireSandbox(), in: call.requireNamespace()), call)
    }

    func writeExecutionInput(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try InputQuery(query: call.query)
        try await engine.sandboxes.sendInput(
            to: call.requireExecution(), of: call.requireSandbox(), in: call.requireNamespace()
        ) { (input) throws(OutpostError) in try await call.send(query, to: input) }
        return .empty
    }

    private func told(_ record: ExecutionRecord, _ call: Call) async throws(OutpostError) -> Answer {
        try await encoded(bytes: record.outputBytes, call) { record.json }
    }

    func getExecutionEvents(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try ExecutionEventsQuery(query: call.query)
        return try await streamed(call) { () async throws(OutpostError) in
            try engine.sandboxes.reader(
                of: call.requireExecution(), of: call.requireSandbox(), in: call.requireNamespace(),
                after: query.after)
        }
    }

    /// Makes an answer that streams the events of a run.
    ///
    /// - Parameter open: starts the run or attaches to it.
    /// - Throws: the error of `open`; `rate_limited` when the namespace has too many streams; `unavailable` when the
    ///   server has.
    func streamed(
        _ call: Call, _ open: () async throws(OutpostError) -> ExecutionReader
    ) async throws(OutpostError) -> Answer {
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let reader = try await open()
        var answer = Answer.events(hold, of: call, leave: { reader.leave() }) {
            [work = engine.work, owner = call.owner, id = call.id] send in
            try await reader.forEach { event in
                try await send(await work.encode(event.outputBytes, for: owner) { event.text(id) })
            }
        }
        answer.lastPart = lastPart(reader.ending, call)
        return answer
    }

    /// Returns the event of the end, for repetitions of the call.
    private func lastPart(_ ending: ExecutionEnding, _ call: Call) -> @Sendable () async -> [UInt8]? {
        { [work = engine.work, owner = call.owner, id = call.id] in
            guard let execution = await ending.execution() else { return nil }
            return await work.encode(execution.outputBytes, for: owner) { ExecutionEvent.end(execution).text(id) }
        }
    }
}
