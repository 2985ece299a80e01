// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
public import OutpostCore

/// An event of a process that the client follows.
public enum ProcessLogEvent: Sendable {
    /// The process wrote `bytes`. The positions of the events grow.
    case output(LiveOutput.Stream, bytes: [UInt8], end: Int)
    /// The client was too slow, or came too late: so many bytes of both streams are gone.
    case dropped(Int)
    /// The process has ended. This is the last event.
    case ended(SandboxProcess)
}

extension ProcessLogEvent {
    /// Decodes `event`; nil for an event that this version does not know.
    ///
    /// - Throws: `internal` when the data of a known event is malformed.
    init?(_ event: ServerSentEvent) throws(OutpostError) {
        guard let known = try event.decoded(processLogEvent) else { return nil }
        self = known
    }
}

private func processLogEvent(_ event: ServerSentEvent) throws -> ProcessLogEvent? {
    switch event.name {
    case "dropped": return .dropped(try event.object().required("dropped_bytes", \.integerValue))
    case "end": return .ended(try SandboxProcess(reply: event.json()))
    default: return try event.output().map { .output($0.stream, bytes: $0.bytes, end: $0.number) }
    }
}
