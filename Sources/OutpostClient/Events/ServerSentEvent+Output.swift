// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

extension ServerSentEvent {
    /// Returns the result of `decode`.
    ///
    /// - Throws: `internal` that names the event, when `decode` throws.
    func decoded<Event>(_ decode: (ServerSentEvent) throws -> Event) throws(OutpostError) -> Event {
        do {
            return try decode(self)
        } catch {
            let problem = (error as? OutpostError)?.message ?? "\(error)"
            throw OutpostError(.internal, "the server sent an unexpected event \(name): \(problem)", cause: error)
        }
    }

    /// The data as JSON.
    func json() throws -> JSONValue { try JSONValue(parsing: Array(data.utf8)) }

    /// The data as a JSON object. Another value counts as an empty one.
    func object() throws -> JSONObject { try json().objectValue ?? JSONObject() }

    /// Returns a part of a program's output; nil for an event of another kind.
    func output() throws -> (stream: LiveOutput.Stream, bytes: [UInt8], number: Int)? {
        guard let stream = LiveOutput.Stream(rawValue: name) else { return nil }
        let data = try object()
        let number = try data.required("seq", \.integerValue)
        if let text = try data.optional("data", \.stringValue) { return (stream, Array(text.utf8), number) }
        return (stream, try data.required("data_base64") { $0.stringValue.flatMap(Base64.decode) }, number)
    }
}
