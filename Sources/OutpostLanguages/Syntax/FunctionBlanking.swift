// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Replaces the bodies of functions by spaces, in text without comments and literals. A body is in braces after a
/// parameter list or an arrow, or it is the expression after an arrow.
struct FunctionBlanking {
    private enum Bracket: Equatable {
        case parenthesis(ofStatement: Bool)
        case squareBracket
        case brace
        case functionBody
        /// The expression after an arrow. It has no bracket; a token after it ends it.
        case arrowExpression
    }

    private enum Token: Equatable {
        case word(String)
        case arrow
        case parameters
        case operand
        case other
    }

    private var text: [UInt8]
    private var index = 0
    private var brackets: [Bracket] = []
    /// Open function bodies.
    private var depth = 0
    private var last = Token.other

    init(_ code: [UInt8]) { text = code }

    mutating func blanked() -> [UInt8] {
        while index < text.count { blankOne() }
        return text
    }

    private mutating func blankOne() {
        let byte = text[index]
        if byte.isSpace {
            skipSpace()
        } else {
            startArrowExpression(at: byte)
            skipToken(byte)
        }
    }

    private mutating func skipToken(_ byte: UInt8) {
        if byte.isWordCharacter {
            skipWord()
            return
        }
        switch byte {
        case UInt8(ascii: "("):
            open(.parenthesis(ofStatement: isStatementWord(last)))
        case UInt8(ascii: "["): open(.squareBracket)
        case UInt8(ascii: "{"): open(last == .parameters || last == .arrow ? .functionBody : .brace)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): close(byte)
        case UInt8(ascii: ","), UInt8(ascii: ";"):
            closeArrows()
            skip(1, as: .other)
        case UInt8(ascii: "=") where index + 1 < text.count && text[index + 1] == UInt8(ascii: ">"):
            skip(2, as: .arrow)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): skip(1, as: .operand)
        default: skip(1, as: .other)
        }
    }

    private func isStatementWord(_ token: Token) -> Bool {
        if case .word(let word) = token { Keyword.beforeParenthesis.contains(word) } else { false }
    }

    private mutating func skipWord() {
        let isProperty = index > 0 && text[index - 1] == UInt8(ascii: ".")
        let end = text[index...].firstIndex { !$0.isWordCharacter } ?? text.count
        let isShort = end - index <= 10
        let word = isShort && !isProperty ? String(decoding: text[index..<end], as: UTF8.self) : ""
        skip(end - index, as: .word(word))
    }

    /// Passes `count` bytes and blanks them inside a function.
    private mutating func skip(_ count: Int, as token: Token) {
        if depth > 0 {
            for position in index..<index + count { text[position] = UInt8(ascii: " ") }
        }
        index += count
        last = token
    }

    // MARK: Brackets

    private mutating func open(_ bracket: Bracket) {
        skip(1, as: .other)
        brackets.append(bracket)
        if bracket == .functionBody { depth += 1 }
    }

    private mutating func close(_ byte: UInt8) {
        closeArrows()
        var token = Token.operand
        switch (byte, brackets.last) {
        case (UInt8(ascii: ")"), .parenthesis(let ofStatement)):
            token = ofStatement ? .other : .parameters
            brackets.removeLast()
        case (UInt8(ascii: "]"), .squareBracket), (UInt8(ascii: "}"), .brace):
            brackets.removeLast()
        case (UInt8(ascii: "}"), .functionBody):
            brackets.removeLast()
            depth -= 1
        default:
            // A bracket that closes nothing is a syntax error. The language's own parser reports it.
            break
        }
        skip(1, as: token)
    }

    // MARK: Arrows

    private mutating func startArrowExpression(at byte: UInt8) {
        guard last == .arrow, byte != UInt8(ascii: "{") else { return }
        brackets.append(.arrowExpression)
        depth += 1
        last = .other
    }

    private mutating func closeArrows() {
        while brackets.last == .arrowExpression {
            brackets.removeLast()
            depth -= 1
        }
    }

    private mutating func skipSpace() {
        let next = text[index...].firstIndex { !$0.isSpace } ?? text.count
        let hasLineEnd = text[index..<next].contains(where: \.isLineEnd)
        if hasLineEnd, brackets.last == .arrowExpression, lastEndsExpression, !goesOn(at: next) { closeArrows() }
        index = next
    }

    /// Whether an expression can end after the last token.
    private var lastEndsExpression: Bool {
        switch last {
        case .arrow, .other: false
        case .word(let word): !Keyword.beforeOperand.contains(word)
        case .parameters, .operand: true
        }
    }

    /// Whether the expression of the line before goes on at `position`, the first token of its line.
    private func goesOn(at position: Int) -> Bool {
        guard position < text.count else { return false }
        // A `${` is inside a template literal, whose other text is blank.
        if text[position...].starts(with: Array("${".utf8)) { return true }
        return !text[position].isWordCharacter && !Array("{}\"'#@".utf8).contains(text[position])
    }
}
