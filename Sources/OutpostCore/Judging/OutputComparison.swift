// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a judge compares the output of a program with the expected output. All comparisons work on bytes, in any encoding.
public enum OutputComparison: Hashable, Sendable {
    /// The same words in the same order. The white space between and around them does not count: space, tab, line feed,
    /// carriage return, vertical tab and form feed.
    case tokens
    /// The same bytes.
    case exact
    /// The same lines. White space at the end of a line and empty lines at the end do not count.
    case lines
    /// As `tokens`, but two numbers are equal when they differ by at most `tolerance`, or by at most `tolerance` times the
    /// expected number. They are compared as `Double`. Numbers that are too large for it must be the same word.
    case numbers(tolerance: Double)

    /// Whether `output` matches `expected`.
    public func accepts(_ output: [UInt8], expected: [UInt8]) -> Bool {
        switch self {
        case .tokens: Tokens(rest: output[...]).elementsEqual(Tokens(rest: expected[...]))
        case .exact: output == expected
        case .lines: Lines(output).elementsEqual(Lines(expected))
        case .numbers(let tolerance):
            Tokens(rest: output[...]).elementsEqual(Tokens(rest: expected[...])) { output, expected in
                output == expected || isClose(output, expected, tolerance)
            }
        }
    }
}

/// The words of a text, one at a time. An array of all words of a long output would take many times the output's memory.
private struct Tokens: Sequence, IteratorProtocol {
    var rest: ArraySlice<UInt8>

    mutating func next() -> ArraySlice<UInt8>? {
        rest = rest.drop(while: isSpace)
        guard !rest.isEmpty else { return nil }
        let token = rest.prefix { !isSpace($0) }
        rest = rest[token.endIndex...]
        return token
    }
}

/// The lines of a text without white space at their ends, and without empty lines at the end.
private struct Lines: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ text: [UInt8]) { rest = withoutSpaceAtEnd(text[...]) }

    mutating func next() -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest[line.endIndex...].dropFirst()
        return withoutSpaceAtEnd(line)
    }
}

private func withoutSpaceAtEnd(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    text[..<(text.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? text.startIndex)]
}

/// White space as isspace(3) defines it in the locale `C`.
private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }

private func isClose(_ output: ArraySlice<UInt8>, _ expected: ArraySlice<UInt8>, _ tolerance: Double) -> Bool {
    guard let value = number(output), let wanted = number(expected) else { return false }
    // Infinities and NaN have no useful difference, so they must be equal.
    guard value.isFinite, wanted.isFinite else { return value == wanted || (value.isNaN && wanted.isNaN) }
    return abs(value - wanted) <= tolerance * max(1, abs(wanted))
}

/// A number as programs print it: decimal, with or without an exponent, or a word of printf(3) for infinity or NaN. Nil for
/// a decimal number that is too large for a `Double`, because all of these would be the same infinity.
private func number(_ token: ArraySlice<UInt8>) -> Double? {
    let text = String(decoding: token, as: UTF8.self)
    var digits = token.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    guard token.count - digits.count <= 1, let first = digits.first else { return nil }
    if isDigit(first) || first == UInt8(ascii: ".") {
        // `Double` also accepts hexadecimal numbers, so the digits are checked here.
        digits = digits.drop(while: isDigit)
        if digits.first == UInt8(ascii: ".") { digits = digits.dropFirst().drop(while: isDigit) }
        if !digits.isEmpty {
            guard digits.first == UInt8(ascii: "e") || digits.first == UInt8(ascii: "E") else { return nil }
            // `Double` ignores a zero byte and what follows it.
            digits = digits.dropFirst()
            if digits.first == UInt8(ascii: "+") || digits.first == UInt8(ascii: "-") { digits = digits.dropFirst() }
            guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
        }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
    switch String(decoding: digits, as: UTF8.self).lowercased() {
    case "inf", "infinity": return token.first == UInt8(ascii: "-") ? -.infinity : .infinity
    case "nan": return .nan
    default: return nil
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
