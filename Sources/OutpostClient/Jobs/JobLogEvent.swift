// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
public import OutpostCore

/// An event of a job's live output.
public enum JobLogEvent: Hashable, Sendable {
    /// The output begins. `id` is the id of the job.
    case started(id: String)
    /// The program wrote `bytes`. The numbers of the events grow.
    case output(LiveOutput.Stream, bytes: [UInt8], number: Int)
    /// The job has ended. This is the last event.
    case ended(Job)
}

extension JobLogEvent {
    /// Decodes `event`; nil for an event that this version does not know.
    ///
    /// - Throws: `internal` when the data of a known event is malformed.
    init?(_ event: ServerSentEvent) throws(OutpostError) {
        guard let known = try event.decoded(logEvent) else { return nil }
        self = known
    }
}

private func logEvent(_ event: ServerSentEvent) throws -> JobLogEvent? {
    switch event.name {
    case "start": .started(id: try event.object().required("id", \.stringValue))
    case "end": .ended(try Job(reply: event.json()))
    default:
        try event.output().map { .output($0.stream, bytes: $0.bytes, number: $0.number) }
    }
}
