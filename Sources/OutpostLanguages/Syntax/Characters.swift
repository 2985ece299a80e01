// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Classes of bytes in source text, which is UTF-8: a byte of a longer character counts as part of a word.
extension UInt8 {
    var isLineEnd: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }

    var isSpace: Bool { self == UInt8(ascii: " ") || (9...13).contains(self) }

    var isWordCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default:
            false
        }
    }
}

/// The words of a C-like language that say something about what follows them.
enum Keyword {
    /// After these an operand comes, so a slash starts a regular expression, and an expression is not over.
    static let beforeOperand: Set<String> = [
        "await", "case", "delete", "do", "else", "extends", "in", "instanceof", "new", "of", "return", "throw",
        "typeof", "void", "yield",
    ]

    /// What these have in parentheses is followed by a statement. `await` is here for `for await (…)`.
    static let beforeParenthesis: Set<String> = ["await", "catch", "for", "if", "switch", "while", "with"]
}
