// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostServer

/// The text of events with output.
struct EventTextTests {
    private func text(_ bytes: [UInt8], _ stream: LiveOutput.Stream = .stdout) -> String {
        String(decoding: EventText.output(stream, bytes, number: 7), as: UTF8.self)
    }

    @Test(arguments: [
        "", "a", "line\n", "\"quoted\" and \\", "é \u{1F600}\u{0}\u{1B}", String(repeating: "x\n", count: 50_000),
    ])
    func textIsAJSONString(output: String) throws {
        let event = text(Array(output.utf8), .stderr)
        let (head, end) = ("event: stderr\ndata: ", "\n\n")
        try #require(event.hasPrefix(head) && event.hasSuffix(end))
        let json = event.utf8.dropFirst(head.utf8.count).dropLast(end.utf8.count)
        #expect(!json.contains(UInt8(ascii: "\n")))
        #expect(try JSONValue(parsing: Array(json)) == ["data": .string(output), "seq": 7])
    }

    @Test func otherBytesAreBase64() {
        #expect(text([0xFF, 0x41]) == "event: stdout\ndata: {\"data_base64\":\"/0E=\",\"seq\":7}\n\n")
    }

    @Test func eventsAreAppended() {
        var all: [UInt8] = []
        EventText.append(.stdout, [65], number: 1, to: &all)
        EventText.append(.stderr, [66], number: 2, to: &all)
        #expect(all == EventText.output(.stdout, [65], number: 1) + EventText.output(.stderr, [66], number: 2))
    }
}
