// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostClient
import OutpostCore

extension JobLogEvent {
    /// Writes the program's output to the same stream of this process.
    ///
    /// - Throws: `unavailable` when the output cannot be written.
    func deliver() throws(OutpostError) {
        switch self {
        case .output(.stdout, let bytes, _): try Output.write(bytes)
        case .output(.stderr, let bytes, _): try Output.writeError(bytes)
        case .started, .ended: break
        }
    }

    /// The event as one JSON value.
    var json: JSONValue {
        switch self {
        case .started(let id): ["event": "start", "id": .string(id)]
        case .ended(let job): ["event": "end", "job": job.json]
        case .output(let stream, let bytes, let number):
            if let text = String(validating: bytes, as: UTF8.self) {
                ["event": .string(stream.rawValue), "data": .string(text), "seq": .integer(Int64(number))]
            } else {
                [
                    "event": .string(stream.rawValue), "data_base64": .string(Base64.encode(bytes)),
                    "seq": .integer(Int64(number)),
                ]
            }
        }
    }
}
