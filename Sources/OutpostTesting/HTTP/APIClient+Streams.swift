// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import OutpostAPI

/// A server-sent event with JSON data.
public struct StreamedEvent: Sendable {
    /// The name of the event.
    public let name: String
    /// The data.
    public let data: JSONValue

    /// The text in `data` of an output event.
    public var text: String? { data.objectValue?["data"]?.stringValue }
    /// The number of an output event.
    public var number: Int? { data.objectValue?["seq"]?.integerValue }
    /// A member of the data.
    public func string(_ name: String) -> String? { data.objectValue?[name]?.stringValue }

    /// Parses an event of our server, which has each field at most once; nil for a comment.
    init?(_ text: Substring) throws {
        var fields: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        guard let name = fields["event:"], let data = fields["data:"] else { return nil }
        self.name = String(name)
        self.data = try JSONValue(parsing: Array(data.utf8))
    }
}

extension APIClient {
    /// Sends one request and passes each server-sent event to `take`, until the stream ends or `take` returns false. Then
    /// closes the connection.
    ///
    /// - Throws: `FixtureError` when the answer is not a stream of events; the errors of `take`.
    public func stream(
        _ method: String, _ path: String, json: JSONValue? = nil, headers: [String: String] = [:],
        _ take: (StreamedEvent) async throws -> Bool
    ) async throws {
        let response = try await open(
            method, path, body: json?.bytes,
            headers: headers.merging(["Accept": "text/event-stream"]) { own, _ in own })
        guard response.status == .ok, response.headers.first(name: "Content-Type") == "text/event-stream" else {
            let body = try await response.body.collect(upTo: 1 << 20)
            throw FixtureError("expected events, but the answer is \(response.status) \(String(buffer: body))")
        }
        var rest: [UInt8] = []
        for try await chunk in response.body {
            rest += chunk.readableBytesView
            while let end = rest.firstRange(of: Array("\n\n".utf8)) {
                let text = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
                rest.removeSubrange(..<end.upperBound)
                if let event = try StreamedEvent(text[...]), !(try await take(event)) { return }
            }
        }
    }

    /// Does the same as `stream`, and returns all events.
    public func events(
        _ method: String, _ path: String, json: JSONValue? = nil, headers: [String: String] = [:]
    ) async throws -> [StreamedEvent] {
        var events: [StreamedEvent] = []
        try await stream(method, path, json: json, headers: headers) { event in
            events.append(event)
            return true
        }
        return events
    }
}
