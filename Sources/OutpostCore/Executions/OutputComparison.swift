// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a judge compares what a program wrote with what is expected. Both look at bytes, whatever text they may be.
public enum OutputComparison: String, Sendable, CaseIterable {
    /// The same words in the same order; how much of space, tab, line feed, carriage return, vertical tab and form feed is
    /// between, before and after them does not count.
    case tokens
    /// The same bytes.
    case exact

    public func accepts(_ output: [UInt8], expected: [UInt8]) -> Bool {
        switch self {
        case .tokens: Tokens(rest: output[...]).elementsEqual(Tokens(rest: expected[...]))
        case .exact: output == expected
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

/// As isspace(3) in the locale `C`.
private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) }
