// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

struct OutputComparisonTests {
    private func accepts(_ comparison: OutputComparison, _ output: String, _ expected: String) -> Bool {
        comparison.accepts(Array(output.utf8), expected: Array(expected.utf8))
    }

    @Test(arguments: [
        ("", ""), ("", "\n"), (" \t\r\n\u{B}\u{C}", ""), ("4", "4"), ("4\n", "4"), ("4", "4\n"), ("4\r\n", "4\n"),
        ("1 2\n3", "1\n2 3"), ("  a   b  ", "a b"), ("\n\na\n\n", "a"), ("é", "é"), ("\0", "\0"),
    ]) func tokensAreTheSameWhateverIsBetweenThem(_ output: String, _ expected: String) {
        #expect(accepts(.tokens, output, expected))
        #expect(accepts(.tokens, expected, output))
    }

    @Test(arguments: [
        ("", "0"), ("4", "5"), ("12", "1 2"), ("1 2", "2 1"), ("1 2", "1 2 3"), ("a", "A"), ("1", "1.0"), ("01", "1"),
        ("-0", "0"), ("a\0b", "a b"), ("a\u{A0}b", "a b"), ("a\u{2028}b", "a b"), ("a\u{85}b", "a b"),
        ("\u{E9}", "e\u{301}"), ("\u{FEFF}a", "a"), ("a\u{1C}b", "a b"),
    ]) func otherTokensDiffer(_ output: String, _ expected: String) {
        #expect(!accepts(.tokens, output, expected))
        #expect(!accepts(.tokens, expected, output))
    }

    @Test(arguments: ["", "\n", "4\n", " 4", "é\0\r\n"]) func exactTakesTheSameBytes(_ text: String) {
        #expect(accepts(.exact, text, text))
    }

    @Test(arguments: [("", "\n"), ("4", "4\n"), ("4\r\n", "4\n"), ("1  2", "1 2"), ("\u{E9}", "e\u{301}")])
    func exactTakesNoOthers(_ output: String, _ expected: String) {
        #expect(!accepts(.exact, output, expected))
        #expect(!accepts(.exact, expected, output))
    }

    @Test func bytesThatAreNoTextAreComparedAsTheyAre() {
        #expect(OutputComparison.tokens.accepts([0xFF, 0x0A], expected: [0xFF]))
        #expect(!OutputComparison.tokens.accepts([0xFF], expected: [0xEF, 0xBF, 0xBD]))
        #expect(!OutputComparison.exact.accepts([0xFF], expected: [0xFE]))
        // The halves of a character that holds a byte like a space are no words.
        #expect(!OutputComparison.tokens.accepts([0xE0, 0xA0], expected: [0xE0]))
    }
}
