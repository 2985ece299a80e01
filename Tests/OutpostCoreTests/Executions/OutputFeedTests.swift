// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCore

struct OutputFeedTests {
    private func feed(_ parts: [String], limit: Int = 1 << 20) -> OutputFeed {
        var feed = OutputFeed(limit: limit)
        for part in parts { feed.append(Array(part.utf8)[...], to: .stdout) }
        return feed
    }

    @Test func eventsAreNumberedOverBothStreams() {
        var feed = feed(["ab"])
        feed.append([98], to: .stderr)
        feed.append([99], to: .stdout)
        #expect(feed.events(after: 0).map(\.number) == [1, 2, 3])
        #expect(feed.events(after: 0).map(\.stream) == [.stdout, .stderr, .stdout])
        #expect(feed.events(after: 0).map(\.offset) == [0, 0, 2])
        #expect(feed.events(after: 2).map(\.bytes) == [[99]])
        #expect(feed.events(after: 3).isEmpty)
        #expect(feed.events(after: .max).isEmpty)
    }

    @Test(arguments: ["é", "€", "😀", "aé", "\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}"])
    func aCharacterThatComesByteByByteIsOneEvent(text: String) {
        var feed = OutputFeed(limit: 1 << 20)
        for byte in text.utf8 { feed.append([byte], to: .stdout) }
        let parts = feed.events(after: 0).map { String(validating: $0.bytes, as: UTF8.self) }
        #expect(parts == text.unicodeScalars.map { String($0) })
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC0, 0xAF], [0xF5, 0x80], [0xE9, 0x0A], [0xC3, 0xC3, 0x28], [0xBF, 0xBF, 0xBF, 0xBF],
        ] as [[UInt8]]) func bytesThatAreNotTextAreNotKeptBack(bytes: [UInt8])
    {
        var feed = OutputFeed(limit: 1 << 20)
        feed.append(bytes[...], to: .stdout)
        #expect(feed.events(after: 0).flatMap(\.bytes) == bytes)
    }

    @Test func theStartOfACharacterComesAtTheEnd() {
        var feed = OutputFeed(limit: 1 << 20)
        feed.append([0x61, 0xF0, 0x9F], to: .stderr)
        #expect(feed.events(after: 0).map(\.bytes) == [[0x61]])
        feed.finish()
        #expect(feed.events(after: 1).map(\.bytes) == [[0xF0, 0x9F]])
        feed.finish()
        #expect(feed.newest == 2)
    }

    @Test(arguments: [0, 1, 2]) func aLongPartIsCutBetweenCharacters(shift: Int) {
        let text = String(repeating: "x", count: shift) + String(repeating: "€", count: OutputFeed.longestEvent)
        let events = feed([text]).events(after: 0)
        #expect(events.count == 4 && events.allSatisfy { $0.bytes.count <= OutputFeed.longestEvent })
        #expect(events.allSatisfy { String(validating: $0.bytes, as: UTF8.self) != nil })
        #expect(events.flatMap(\.bytes) == Array(text.utf8))
    }

    @Test func theOldestEventsAreDropped() {
        var feed = feed((0..<1000).map { "\($0 % 10)" }, limit: 100)
        feed.trim(upTo: .max)
        #expect(feed.events(after: 0).map(\.number) == Array(901...1000))
        #expect(feed.events(after: 950).map(\.number) == Array(951...1000))
        #expect([0, 900, 901, 990, 1000, .max].map(feed.bytes(upTo:)) == [900, 900, 901, 990, 1000, 1000])
    }

    @Test func eventsThatAReaderStillNeedsAreNotDropped() {
        var feed = feed((0..<1000).map { "\($0 % 10)" }, limit: 100)
        feed.trim(upTo: 300)
        #expect(feed.events(after: 0).map(\.number) == Array(301...1000))
    }

    @Test func aPartLargerThanTheLimitIsKept() {
        var feed = feed(["a", String(repeating: "b", count: 500)], limit: 100)
        feed.trim(upTo: .max)
        #expect(feed.events(after: 0).map(\.bytes.count) == [500])
    }
}
