// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
public import OutpostCore

/// An event of a job's live output.
public enum JobLogEvent: Hashable, Sendable {
    /// One of a program's two streams.
    public enum Stream: String, Sendable, CaseIterable {
        case stdout, stderr
    }

    /// The output begins. `id` is the id of the job.
    case started(id: String)
    /// The program wrote `bytes`. The numbers of the events grow.
    case output(Stream, bytes: [UInt8], number: Int)
    /// The job has ended. This is the last event.
    case ended(Job)
}

extension JobLogEvent {
    /// Decodes `event`; nil for an event that this version does not know.
    ///
    /// - Throws: `internal` when the data of a known event is malformed.
    init?(_ event: ServerSentEvent) throws(OutpostError) {
        do {
            guard let known = try logEvent(event) else { return nil }
            self = known
        } catch {
            let problem = (error as? OutpostError)?.message ?? "\(error)"
            throw OutpostError(
                .internal, "the server sent an unexpected event \(event.name): \(problem)", cause: error)
        }
    }
}

private func logEvent(_ event: ServerSentEvent) throws -> JobLogEvent? {
    let stream = JobLogEvent.Stream(rawValue: event.name)
    guard stream != nil || ["start", "end"].contains(event.name) else { return nil }
    let json = try JSONValue(parsing: Array(event.data.utf8))
    if event.name == "end" { return .ended(try Job(reply: json)) }
    let data = json.objectValue ?? JSONObject()
    guard let stream else { return .started(id: try data.required("id", \.stringValue)) }
    return .output(stream, bytes: try outputBytes(data), number: try data.required("seq", \.integerValue))
}

private func outputBytes(_ data: JSONObject) throws(OutpostError) -> [UInt8] {
    if let text = try data.optional("data", \.stringValue) { return Array(text.utf8) }
    return try data.required("data_base64") { $0.stringValue.flatMap(Base64.decode) }
}
