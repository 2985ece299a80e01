// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

/// Output that is cut anywhere becomes parts of whole characters.
struct WholeCharactersTests {
    private func parts(_ writes: [(LiveOutput.Stream, [UInt8])]) -> [OutputPart] {
        var (characters, end, parts) = (WholeCharacters(), 0, [OutputPart]())
        for (stream, bytes) in writes {
            end += bytes.count
            parts += characters.append(OutputPart(stream: stream, bytes: bytes, end: end))
        }
        return parts + [characters.finish()].compactMap(\.self)
    }

    @Test func aCharacterThatIsCutComesAsOne() {
        let smile = Array("😀".utf8)
        let found = parts([(.stdout, [97] + smile.prefix(2)), (.stdout, smile.suffix(2) + [98])])
        #expect(found.map(\.bytes) == [[97], smile + [98]])
        #expect(found.map(\.end) == [1, 6])
    }

    @Test func theOtherStreamEndsAnUnfinishedCharacter() {
        let found = parts([(.stdout, [0xC3]), (.stderr, [97])])
        #expect(found.map(\.bytes) == [[0xC3], [97]])
        #expect(found.map(\.end) == [1, 2])
    }

    @Test func whatStaysUnfinishedComesAtTheEnd() {
        #expect(parts([(.stdout, [97, 0xE2, 0x82])]).map(\.bytes) == [[97], [0xE2, 0x82]])
    }

    @Test func bytesThatAreNoTextPass() {
        #expect(parts([(.stdout, [0xFF, 0xFE]), (.stdout, [0x80])]).map(\.bytes) == [[0xFF, 0xFE], [0x80]])
    }
}
