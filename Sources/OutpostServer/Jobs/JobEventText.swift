// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostJobs
import Synchronization

/// Converts the events of a job to server-sent events.
final class JobEventText: Sendable {
    /// The number of the next part of output.
    private let sequence = Mutex<Int64>(0)

    func bytes(_ event: JobEvent) -> [UInt8] {
        switch event {
        case .start(let id): text("start", ["id": .string(id.rawValue)])
        case .output(let stream, let bytes): text(stream.rawValue, part(bytes))
        case .nothing: Array(": \n\n".utf8)
        case .end(let job): text("end", job.json)
        }
    }

    private func part(_ bytes: [UInt8]) -> JSONValue {
        let number = sequence.withLock { sequence in
            defer { sequence += 1 }
            return sequence
        }
        var object = JSONObject()
        if let text = String(validating: bytes, as: UTF8.self) {
            object["data"] = .string(text)
        } else {
            object["data_base64"] = .string(Base64.encode(bytes))
        }
        object["seq"] = .integer(number)
        return .object(object)
    }

    /// Makes an event with one field `data`. One is enough, because our JSON contains no line break.
    private func text(_ name: String, _ data: JSONValue) -> [UInt8] {
        Array("event: \(name)\ndata: ".utf8) + data.bytes + Array("\n\n".utf8)
    }
}
