// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// One of a server's events.
struct ServerSentEvent: Hashable, Sendable {
    /// `message` where the server gives none.
    var name: String
    /// Several lines of data are joined by line feeds.
    var data: String
}

/// Reads a stream of `text/event-stream`, wherever its pieces are cut: lines end with CR, LF or both, an empty line ends
/// an event, and what the stream ends in the middle of is no event. Comments, ids and retry times are passed over.
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

    /// - Parameter longestEvent: in bytes.
    init(longestEvent: Int) { self.longestEvent = longestEvent }

    /// The events that `bytes`, which follow what was read before, complete.
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

    /// Takes the line, which is whole.
    ///
    /// - Returns: the event that it ends.
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

/// What stands before and after a line's first colon, without the one blank that may follow it. A comment's field is
/// empty.
private func parts(_ line: [UInt8]) -> (field: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return (line[...], []) }
    let value = line[(colon + 1)...]
    return (line[..<colon], value.first == UInt8(ascii: " ") ? value.dropFirst() : value)
}
