// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Follows the output of a remote terminal, to know what a program that was cut off has left behind on the screen.
struct ScreenState {
    /// The end of the output so far, where a sequence may have begun.
    private var end: [UInt8] = []
    private var isAlternate = false

    /// The sequences that switch to the alternate screen and back (xterm, "ctlseqs", DECSET 1049).
    private static let enter = Array("\u{1B}[?1049h".utf8)
    private static let leave = Array("\u{1B}[?1049l".utf8)

    mutating func saw(_ bytes: [UInt8]) {
        let text = end + bytes
        if let last = Self.last(of: Self.enter, in: text) {
            isAlternate = last > Self.last(of: Self.leave, in: text) ?? -1
        } else if Self.last(of: Self.leave, in: text) != nil {
            isAlternate = false
        }
        end = Array(text.suffix(Self.enter.count - 1))
    }

    private static func last(of pattern: [UInt8], in text: [UInt8]) -> Int? {
        guard text.count >= pattern.count else { return nil }
        return (0...text.count - pattern.count).last {
            text[$0] == pattern[0] && text[$0..<$0 + pattern.count].elementsEqual(pattern)
        }
    }

    /// The sequences that undo what a program can have left: no mouse reports, no bracketed paste, ordinary keys and
    /// colours, a visible cursor, and the ordinary screen if the program had switched.
    var cleanUp: String {
        "\u{1B}[?1000l\u{1B}[?1002l\u{1B}[?1003l\u{1B}[?1006l\u{1B}[?2004l\u{1B}[?1l\u{1B}>\u{1B}[0m\u{1B}[?25h"
            + (isAlternate ? "\u{1B}[?1049l" : "")
    }
}
