// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// One event of a stream from the server.
struct ServerSentEvent: Hashable, Sendable {
    /// The name, or `message` when the server gives none.
    var name: String
    /// The data. Line feeds join several lines of data.
    var data: String
}

/// Parses `text/event-stream` (WHATWG HTML, section 9.2) from pieces that are cut anywhere. A line ends with CR, LF or
/// CRLF, and an empty line ends an event. An incomplete event at the end of the stream is dropped. Comments, ids and
/// retry times are ignored.
struct EventStreamParser {
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var isAtStart = true
    private var followsReturn = false
    private let longestEvent: Int

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// - Parameter longestEvent: the limit of one event in bytes.
    init(longestEvent: Int) { self.longestEvent = longestEvent }

    /// Reads the next bytes of the stream and returns the events that they complete.
    ///
    /// - Throws: `unavailable` when an event exceeds its limit.
    mutating func events(in bytes: some Sequence<UInt8>) throws(OutpostError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let isSecondOfPair = followsReturn && byte == Self.lineFeed
            followsReturn = byte == Self.carriageReturn
            if isSecondOfPair { continue }
            if byte == Self.lineFeed || byte == Self.carriageReturn {
                if let event = endLine() { events.append(event) }
            } else {
                line.append(byte)
                guard line.count + data.count <= longestEvent else {
                    throw OutpostError(.unavailable, "an event of the server is too long")
                }
            }
        }
        return events
    }

    /// Reads the complete line in `line`.
    ///
    /// - Returns: the event that the line ends.
    private mutating func endLine() -> ServerSentEvent? {
        if isAtStart, line.starts(with: Self.byteOrderMark) { line.removeFirst(Self.byteOrderMark.count) }
        isAtStart = false
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return endEvent() }
        let (field, value) = parts(line)
        if field.elementsEqual("event".utf8) {
            name = String(decoding: value, as: UTF8.self)
        } else if field.elementsEqual("data".utf8) {
            if hasData { data.append(Self.lineFeed) }
            data += value
            hasData = true
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            name = ""
            data.removeAll(keepingCapacity: true)
            hasData = false
        }
        guard hasData else { return nil }
        return ServerSentEvent(name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self))
    }
}

/// Splits a line at its first colon and drops one space after the colon. The field of a comment is empty.
private func parts(_ line: [UInt8]) -> (field: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return (line[...], []) }
    let value = line[(colon + 1)...]
    return (line[..<colon], value.first == UInt8(ascii: " ") ? value.dropFirst() : value)
}
