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

    @Test(arguments: [
        ("", ""), ("", "\n"), ("", " \t\n\r\n\n"), ("4", "4\n"), ("4  ", "4\n\n\n"), ("a\r\nb\r\n", "a\nb"),
        ("a \nb\t\n", "a\nb\n"),
        ("\n\na", "\n\na\n"), ("a\n \nb", "a\n\nb"), ("  a  b", "  a  b\u{B}\u{C}"), ("é ", "é"), ("\0", "\0\n"),
        ("a\rb", "a\rb"),
    ]) func linesAreTheSameWhateverIsAtTheirEnds(_ output: String, _ expected: String) {
        #expect(accepts(.lines, output, expected))
        #expect(accepts(.lines, expected, output))
    }

    @Test(arguments: [
        ("", "0"), ("a", " a"), ("a  b", "a b"), ("a\tb", "a b"), ("\na", "a"), ("a\n\nb", "a\nb"), ("a b", "a\nb"),
        ("a\rb", "a\nb"), ("a\u{A0}", "a"), ("A", "a"), ("1.0", "1"), ("a\u{85}", "a"),
    ]) func otherLinesDiffer(_ output: String, _ expected: String) {
        #expect(!accepts(.lines, output, expected))
        #expect(!accepts(.lines, expected, output))
    }

    @Test(arguments: [
        ("0.30000000000000004", "0.3"), ("1e0", "1"), ("-0", "0"), ("+5", "5"), ("1.", "1"), (".5", "0.5"),
        ("0001", "1"),
        ("1E+03", "1000"), ("-1.5e-3", "-0.0015"), ("1000000.5", "1000000"), ("3.0000009", "3"), ("inf", "Infinity"),
        ("-inf", "-Infinity"), ("nan", "-NaN"), ("x 1.0000001 y", "x 1 y"), ("1e-400", "0"), ("word", "word"),
        ("0x10", "0x10"),
        ("1 2\n3", "1.0\t2.0 3.0\n"), ("1e999", "1e999"), ("", " \n"),
    ]) func numbersMayDifferByTheTolerance(_ output: String, _ expected: String) {
        #expect(accepts(.numbers(tolerance: 1e-6), output, expected))
        #expect(accepts(.numbers(tolerance: 1e-6), expected, output))
    }

    @Test(arguments: [
        ("0.300002", "0.3"), ("1", "2"), ("1", "-1"), ("1", "1 1"), ("1", ""), ("1e", "1"), ("1_0", "10"), ("0x1", "1"),
        ("1,5", "1.5"), ("inf", "-inf"), ("inf", "1e308"), ("nan", "0"), ("nan", "inf"), ("one", "1"), ("--1", "1"),
        ("1.5.0", "1.5"), ("1f", "1"), ("infinite", "inf"), ("1e3p2", "1000"), ("nan(1)", "nan"), (".", "0"),
        ("Word", "word"),
        ("1000002", "1000000"), ("1e400", "1e500"), ("1e400", "-1e400"), ("1e999", "inf"), ("1e400", "10e399"),
        ("-1e400", "-inf"), ("1e400", "nan"), ("1e99999999999999999999", "1e400"), ("1e5\0", "1e5"), ("٣", "3"),
        ("1e-400", "1"), ("0x1p3", "8"), ("1e1_0", "1e10"),
    ]) func otherNumbersAndWordsDiffer(_ output: String, _ expected: String) {
        #expect(!accepts(.numbers(tolerance: 1e-6), output, expected))
        #expect(!accepts(.numbers(tolerance: 1e-6), expected, output))
    }

    @Test func aToleranceIsOfTheExpectedNumberWhenThatIsLarge() {
        #expect(accepts(.numbers(tolerance: 0.1), "110", "100"))
        #expect(!accepts(.numbers(tolerance: 0.1), "111", "100"))
        #expect(accepts(.numbers(tolerance: 0.1), "0.19", "0.1"))
        #expect(!accepts(.numbers(tolerance: 0.1), "0.21", "0.1"))
    }

    @Test func bytesThatAreNoTextAreComparedAsTheyAre() {
        #expect(OutputComparison.tokens.accepts([0xFF, 0x0A], expected: [0xFF]))
        #expect(!OutputComparison.tokens.accepts([0xFF], expected: [0xEF, 0xBF, 0xBD]))
        #expect(!OutputComparison.exact.accepts([0xFF], expected: [0xFE]))
        // The halves of a character that holds a byte like a space are no words.
        #expect(!OutputComparison.tokens.accepts([0xE0, 0xA0], expected: [0xE0]))
    }
}
