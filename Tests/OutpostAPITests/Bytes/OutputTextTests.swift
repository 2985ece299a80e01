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
        #expect(output.bytes == bytes)
    }

    @Test func aCharacterThatTheProgramLeftUnfinishedIsBase64() {
        #expect(OutputText(CapturedOutput(bytes: [0x61, 0xC3], total: 2)).encoding == .base64)
    }
}
