// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a judge compares what a program wrote with what is expected. All look at bytes, whatever text they may be.
public enum OutputComparison: Hashable, Sendable {
    /// The same words in the same order; how much of space, tab, line feed, carriage return, vertical tab and form feed is
    /// between, before and after them does not count.
    case tokens
    /// The same bytes.
    case exact
    /// The same lines; what of the same characters is at the end of a line, and empty lines at the end, do not count.
    case lines
    /// As `tokens`, but two words that are numbers are the same when they differ by no more than `tolerance`, or by no more
    /// than this part of the expected one.
    case numbers(tolerance: Double)

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

/// The words of a text, one at a time: all of those of a long output would take many times its own memory.
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

/// The lines of a text without what is white at their ends, up to the last one that is not empty then.
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

/// As isspace(3) in the locale `C`.
private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }

private func isClose(_ output: ArraySlice<UInt8>, _ expected: ArraySlice<UInt8>, _ tolerance: Double) -> Bool {
    guard let value = number(output), let wanted = number(expected) else { return false }
    // No difference tells how far infinities or what is not a number are from anything.
    guard value.isFinite, wanted.isFinite else { return value == wanted || (value.isNaN && wanted.isNaN) }
    return abs(value - wanted) <= tolerance * max(1, abs(wanted))
}

/// A number as programs print it: decimal, with or without an exponent, or one of the words of printf(3) for what is none.
private func number(_ token: ArraySlice<UInt8>) -> Double? {
    let text = String(decoding: token, as: UTF8.self)
    var digits = token.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    guard token.count - digits.count <= 1, let first = digits.first else { return nil }
    if isDigit(first) || first == UInt8(ascii: ".") {
        // Hexadecimal digits would be taken as well.
        digits = digits.drop(while: isDigit)
        if digits.first == UInt8(ascii: ".") { digits = digits.dropFirst().drop(while: isDigit) }
        guard digits.isEmpty || digits.first == UInt8(ascii: "e") || digits.first == UInt8(ascii: "E") else {
            return nil
        }
        return Double(text)
    }
    switch String(decoding: digits, as: UTF8.self).lowercased() {
    case "inf", "infinity": return token.first == UInt8(ascii: "-") ? -.infinity : .infinity
    case "nan": return .nan
    default: return nil
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
