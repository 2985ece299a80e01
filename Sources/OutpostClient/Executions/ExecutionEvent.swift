// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
public import OutpostCore

/// An event of a run that the client follows.
public enum ExecutionEvent: Sendable {
    /// The program has started, or the client has attached to it.
    case started(ExecutionID, in: SandboxID)
    /// The program wrote `bytes`. The numbers of the events grow.
    case output(LiveOutput.Stream, bytes: [UInt8], number: Int)
    /// The run has ended. This is the last event.
    case ended(Execution)
    /// The program of the run could not be started. This is the last event.
    case failed(OutpostError)
}

extension ExecutionEvent {
    /// Decodes `event`; nil for an event that this version does not know.
    ///
    /// - Throws: `internal` when the data of a known event is malformed.
    init?(_ event: ServerSentEvent) throws(OutpostError) {
        guard let known = try event.decoded(executionEvent) else { return nil }
        self = known
    }
}

private func executionEvent(_ event: ServerSentEvent) throws -> ExecutionEvent? {
    switch event.name {
    case "start":
        let data = try event.object()
        return .started(
            try data.required("id") { $0.identifier(ExecutionKind.self) },
            in: try data.required("sandbox_id") { $0.identifier(SandboxKind.self) })
    case "end": return .ended(try Execution(reply: event.json()))
    case "error": return .failed(try ErrorBody(reply: event.json()).error())
    default: return try event.output().map { .output($0.stream, bytes: $0.bytes, number: $0.number) }
    }
}
