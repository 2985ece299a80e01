// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct OutputTextTests {
    @Test(
        arguments: [
            (Array("héé".utf8), "héé"), ([], ""), ([0x61, 0xE2, 0x82], "a"), ([0x61, 0xF0, 0x9F, 0x98], "a"),
            ([0x61, 0xC3], "a"), ([0xF0], ""),
        ] as [([UInt8], String)])
    func truncatedTextEndsWithAWholeCharacter(bytes: [UInt8], text: String) {
        let output = OutputText(CapturedOutput(bytes: bytes, total: 1000))
        #expect(output.encoding == .utf8)
        #expect(output.text == text)
    }

    @Test(
        arguments: [
            [0xFF], [0x61, 0xE0, 0x80], [0xED, 0xA0], [0xF4, 0x90], [0xC0], [0x80], [0x80, 0x80, 0x80, 0x80],
            [0xFF, 0x61, 0xC3], [0xF8, 0x80],
        ] as [[UInt8]])
    func bytesThatNeverWereTextAreBase64EvenWhenTruncated(bytes: [UInt8]) {
        let output = OutputText(CapturedOutput(bytes: bytes, total: 1000))
        #expect(output.encoding == .base64)
        #expect(output.text == Base64.encode(bytes))
    }

    /// A program may be killed, or end, in the middle of a character.
    @Test(
        arguments: [
            ([0x61, 0xC3], "a", 1), ([0x61, 0xE3, 0x81], "a", 2), ([0x61, 0xE3], "a", 1), ([0xF0, 0x9F, 0x98], "", 3),
            (Array("日本".utf8.dropLast()), "日", 2), (Array("日本".utf8.dropLast(2)), "日", 1),
            (Array("x😀".utf8.dropLast()), "x", 3), (Array("€€€".utf8.dropLast()), "€€", 2), ([0xC3], "", 1),
            (Array("line\nпр".utf8.dropLast()), "line\nп", 1), (Array("whole".utf8), "whole", 0),
        ] as [([UInt8], String, Int)])
    func aCharacterThatTheProgramLeftUnfinishedIsLeftOut(bytes: [UInt8], text: String, omitted: Int) {
        let output = OutputText(CapturedOutput(bytes: bytes, total: bytes.count))
        #expect(output.encoding == .utf8)
        #expect(output.text == text)
        #expect(output.omitted == omitted)
    }

    /// The start and the end of a stream, each cut anywhere in a character.
    @Test(arguments: 1...3, 0...3) func bothSidesOfWhatIsMissingAreWholeCharacters(kept: Int, begun: Int) {
        let smile = Array("😀".utf8)
        let head = Array("ab".utf8) + smile.prefix(kept)
        let tail = smile.suffix(begun) + Array("yz".utf8)
        let output = OutputText(CapturedOutput(bytes: head + tail, total: 1000, headCount: head.count))
        #expect(output.text == "abyz")
        #expect(output.headCount == 2)
        #expect(output.omitted == 996)
    }

    @Test func bytesAreKeptAsTheyAreWhereEitherSideIsNoText() {
        let output = OutputText(CapturedOutput(bytes: [0x61, 0xFF, 0x62], total: 10, headCount: 1))
        #expect(output.encoding == .base64)
        #expect(output.text == Base64.encode([0x61, 0xFF, 0x62]))
        #expect(output.headCount == 1)
        #expect(output.omitted == 7)
    }
}
