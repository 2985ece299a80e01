// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostClient

struct EventStreamParserTests {
    /// The events of `pieces`, read one after the other.
    private func events(_ pieces: [[UInt8]], longestEvent: Int = 1000) throws -> [ServerSentEvent] {
        var parser = EventStreamParser(longestEvent: longestEvent)
        return try pieces.flatMap { try parser.events(in: $0) }
    }

    private func events(_ text: String, longestEvent: Int = 1000) throws -> [ServerSentEvent] {
        try events([Array(text.utf8)], longestEvent: longestEvent)
    }

    @Test func anEventHasANameAndData() throws {
        #expect(
            try events("event: stdout\ndata: {\"seq\":1}\n\nevent:end\ndata:x\n\n") == [
                ServerSentEvent(name: "stdout", data: "{\"seq\":1}"), ServerSentEvent(name: "end", data: "x"),
            ])
    }

    @Test func onlyOneBlankAfterTheColonIsDropped() throws {
        #expect(try events("data:  x \n\n") == [ServerSentEvent(name: "message", data: " x ")])
    }

    @Test func linesOfDataAreJoinedByLineFeeds() throws {
        #expect(try events("data: a\ndata:\ndata\ndata: b\n\n").map(\.data) == ["a\n\n\nb"])
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func linesMayEndInEachOfThreeWays(lineEnd: String) throws {
        let text = "event: a\ndata: 1\ndata: 2\n\ndata: 3\n\n".split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            try events(text.joined(separator: lineEnd)) == [
                ServerSentEvent(name: "a", data: "1\n2"), ServerSentEvent(name: "message", data: "3"),
            ])
    }

    @Test func commentsAndOtherFieldsArePassedOver() throws {
        let text = ": keep-alive\n\n:\nid: 7\nretry: 10\nunknown: x\ndata: 1\n: in between\n\n"
        #expect(try events(text) == [ServerSentEvent(name: "message", data: "1")])
    }

    @Test func anEventWithoutDataIsNone() throws {
        #expect(try events("event: a\n\ndata: 1\n\n") == [ServerSentEvent(name: "message", data: "1")])
    }

    @Test func emptyDataIsData() throws {
        #expect(try events("data:\n\n") == [ServerSentEvent(name: "message", data: "")])
    }

    @Test func whatTheStreamEndsInTheMiddleOfIsNoEvent() throws {
        #expect(try events("data: 1\n\ndata: 2\n").map(\.data) == ["1"])
    }

    @Test func aByteOrderMarkMayComeFirst() throws {
        #expect(try events("\u{FEFF}data: 1\n\n").map(\.data) == ["1"])
    }

    @Test func piecesMayBeCutAnywhere() throws {
        let bytes = Array("event: stdout\r\ndata: größer\r\ndata: 2\r\n\r\n: c\r\n\r\ndata: 3\r\n\r\n".utf8)
        let whole = try events([bytes])
        #expect(whole.map(\.data) == ["größer\n2", "3"])
        #expect(try events(bytes.map { [$0] }) == whole)
        for cut in bytes.indices {
            #expect(try events([Array(bytes[..<cut]), [], Array(bytes[cut...])]) == whole, "cut at \(cut)")
        }
    }

    @Test func anEventThatNeverEndsIsAnError() {
        let endless = String(repeating: "data: 12345\n", count: 10)
        #expect(throws: OutpostError.self) { try events(endless, longestEvent: 40) }
        #expect(throws: OutpostError.self) { try events("data: 1234567890", longestEvent: 10) }
    }
}
