// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCommands

/// The keys that leave a terminal, and what is left on the screen.
struct TerminalKeysTests {
    private func filter(_ pieces: [String]) -> (sent: String, ended: Bool) {
        var (keys, sent) = (EscapeKeys(), [UInt8]())
        for piece in pieces {
            let (send, ends) = keys.filter(Array(piece.utf8))
            sent += send
            if ends { return (String(decoding: sent, as: UTF8.self), true) }
        }
        return (String(decoding: sent, as: UTF8.self), false)
    }

    @Test(arguments: [
        (["~."], "", true), (["ls\r", "~", "."], "ls\r", true), (["a~."], "a~.", false), (["~~."], "~.", false),
        (["~x\r~."], "~x\r", true), (["ls ~/.\r"], "ls ~/.\r", false), (["\r~\r~."], "\r~\r", true),
    ])
    func aTildeAndADotLeaveAtTheStartOfALine(pieces: [String], sent: String, ended: Bool) {
        #expect(filter(pieces) == (sent, ended))
    }

    @Test func aProgramThatWasCutOffLosesTheAlternateScreen() {
        var screen = ScreenState()
        #expect(!screen.cleanUp.contains("1049l"))
        for piece in ["text \u{1B}[?10", "49h more"] { screen.saw(Array(piece.utf8)) }
        #expect(screen.cleanUp.hasSuffix("\u{1B}[?1049l"))
        screen.saw(Array("\u{1B}[?1049l".utf8))
        #expect(!screen.cleanUp.contains("1049l"))
        screen.saw(Array("\u{1B}[?1049l\u{1B}[?1049h".utf8))
        #expect(screen.cleanUp.contains("1049l"))
    }

    @Test(arguments: [
        ("ls", "ls"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$HOME", "'$HOME'"), ("--x=1", "--x=1"),
    ])
    func aWordIsQuotedForAShell(word: String, quoted: String) {
        #expect(shellQuoted(word) == quoted)
    }
}
