// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostJobs
import Synchronization

/// Server-sent events of runs and jobs (WHATWG HTML, section 9.2).
enum EventText {
    /// A comment line. It keeps a connection open.
    static let comment = Array(": \n\n".utf8)

    /// Returns an event with one field `data`. One is enough, because our JSON contains no line break.
    static func event(_ name: String, _ data: JSONValue) -> [UInt8] {
        Array("event: \(name)\ndata: ".utf8) + data.bytes + Array("\n\n".utf8)
    }

    /// Appends an event with output. It writes the JSON itself, because output is most of what a stream sends.
    static func append(
        _ stream: LiveOutput.Stream, _ bytes: [UInt8], number: Int64, to text: inout [UInt8]
    ) {
        text += "event: \(stream.rawValue)\ndata: {".utf8
        if isUTF8(bytes) {
            text += "\"data\":".utf8
            JSONValue.append(utf8: bytes, to: &text)
        } else {
            text += "\"data_base64\":\"\(Base64.encode(bytes))\"".utf8
        }
        text += ",\"seq\":\(number)}\n\n".utf8
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.span)
            return true
        } catch {
            return false
        }
    }

    /// Returns an event with output.
    static func output(_ stream: LiveOutput.Stream, _ bytes: [UInt8], number: Int64) -> [UInt8] {
        var text: [UInt8] = []
        append(stream, bytes, number: number, to: &text)
        return text
    }
}

extension ExecutionEvent {
    /// The event as text.
    ///
    /// - Parameter call: the id of the call, for a failure.
    func text(_ call: CallID) -> [UInt8] {
        switch self {
        case .start(let id, let sandbox):
            EventText.event("start", ["id": .string(id.rawValue), "sandbox_id": .string(sandbox.rawValue)])
        case .output(let events):
            events.reduce(into: []) {
                EventText.append($1.stream, $1.bytes, number: Int64(clamping: $1.number), to: &$0)
            }
        case .nothing: EventText.comment
        case .end(let execution): EventText.event("end", execution.json)
        case .failure(let error): EventText.event("error", ErrorBody(error, requestID: call.rawValue).json)
        }
    }

    /// About the bytes of output that the event shows.
    var outputBytes: Int {
        switch self {
        case .output(let events): events.reduce(0) { $0 + $1.bytes.count }
        case .end(let execution): execution.outputBytes
        case .start, .nothing, .failure: 0
        }
    }
}

/// Numbers the output of a job for one reader, from 0.
final class JobEventText: Sendable {
    private let sequence = Mutex<Int64>(0)

    func bytes(_ event: JobEvent) -> [UInt8] {
        switch event {
        case .start(let id): EventText.event("start", ["id": .string(id.rawValue)])
        case .output(let stream, let bytes): EventText.output(stream, bytes, number: next())
        case .nothing: EventText.comment
        case .end(let job): EventText.event("end", job.json)
        }
    }

    private func next() -> Int64 {
        sequence.withLock { sequence in
            defer { sequence += 1 }
            return sequence
        }
    }
}
