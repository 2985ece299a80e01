// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Classes of bytes in UTF-8 source text. A byte of a multi-byte character counts as a part of a word.
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

/// Keywords of a C-like language that decide how the text after them is read.
enum Keyword {
    /// Keywords before an operand. A slash after them starts a regular expression, and the expression goes on.
    static let beforeOperand: Set<String> = [
        "await", "case", "delete", "do", "else", "extends", "in", "instanceof", "new", "of", "return", "throw",
        "typeof", "void", "yield",
    ]

    /// Keywords whose parentheses come before a statement. `await` is here for `for await (…)`.
    static let beforeParenthesis: Set<String> = ["await", "catch", "for", "if", "switch", "while", "with"]
}
