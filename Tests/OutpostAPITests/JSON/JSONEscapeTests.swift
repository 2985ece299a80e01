// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import Testing

/// The writer looks at eight bytes at a time. Each byte must come out right wherever it stands and whatever is beside it.
struct JSONEscapeTests {
    /// Writes a string one scalar at a time.
    private func expected(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: bytes += Array(#"\""#.utf8)
            case 0x5C: bytes += Array(#"\\"#.utf8)
            case 0x08: bytes += Array(#"\b"#.utf8)
            case 0x09: bytes += Array(#"\t"#.utf8)
            case 0x0A: bytes += Array(#"\n"#.utf8)
            case 0x0C: bytes += Array(#"\f"#.utf8)
            case 0x0D: bytes += Array(#"\r"#.utf8)
            case ..<0x20:
                bytes +=
                    Array((scalar.value < 16 ? #"\u000"# : #"\u00"#).utf8) + Array(String(scalar.value, radix: 16).utf8)
            default: bytes += Array(String(scalar).utf8)
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }

    @Test func everyCharacterIsRightAtEveryPlace() throws {
        let characters = (0..<0x80).compactMap { Unicode.Scalar($0).map(Character.init) } + ["é", "文", "🏝"]
        for character in characters {
            for place in 0...17 {
                let text =
                    String(repeating: "a", count: place) + String(character) + String(repeating: "z", count: 17 - place)
                let bytes = JSONValue.string(text).bytes
                #expect(bytes == expected(text))
            }
        }
    }

    @Test func everyPairIsRightSideBySide() throws {
        let scalars = (0..<0x80).compactMap { Unicode.Scalar($0) }
        for first in scalars {
            var text = ""
            for second in scalars {
                text.unicodeScalars.append(first)
                text.unicodeScalars.append(second)
            }
            #expect(JSONValue.string(text).bytes == expected(text), "\(first.value)")
            #expect(JSONValue.string("é" + text).bytes == expected("é" + text), "\(first.value)")
        }
    }
}
