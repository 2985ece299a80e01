// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Replaces comments and the insides of literals by spaces, in one pass.
///
/// A slash divides or starts a regular expression, depending on the token before it. After a `}` it starts a regular
/// expression, as after a block. This is wrong only when code divides an object literal and has another slash in the
/// line.
struct LiteralBlanking {
    private enum Bracket: Equatable {
        case parenthesis(ofStatement: Bool)
        case brace
        case templateExpression
    }

    private var text: [UInt8]
    private var index = 0
    private var brackets: [Bracket] = []
    /// Whether a slash at `index` starts a regular expression.
    private var slashStartsExpression = true
    private var lastWord: String?
    /// All slashes before this index divide, because the line has no end of a regular expression. Without it a long line
    /// with many slashes would take quadratic time.
    private var divisionsEnd = 0

    init(_ source: [UInt8]) { text = source }

    mutating func blanked() -> [UInt8] {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if text.starts(with: byteOrderMark) { blank(to: byteOrderMark.count) }
        if text.starts(with: Array("#!".utf8)) { blankLine() }
        while index < text.count { blankOne() }
        return text
    }

    private mutating func blankOne() {
        let byte = text[index]
        if byte.isWordCharacter {
            skipWord()
            return
        }
        switch byte {
        case UInt8(ascii: "/"): slash()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): blankString(until: byte)
        case UInt8(ascii: "`"): blankTemplate()
        case UInt8(ascii: "{"): open(.brace)
        case UInt8(ascii: "("):
            open(.parenthesis(ofStatement: lastWord.map(Keyword.beforeParenthesis.contains) ?? false))
        case UInt8(ascii: "}"): closeBrace()
        case UInt8(ascii: ")"): closeParenthesis()
        default: skipSpaceOrOperator(byte)
        }
    }

    // MARK: Code

    private mutating func skipWord() {
        let isProperty = index > 0 && text[index - 1] == UInt8(ascii: ".")
        let end = text[index...].firstIndex { !$0.isWordCharacter } ?? text.count
        // No keyword has more than 10 letters, so a longer word is not copied.
        let word = end - index <= 10 && !isProperty ? String(decoding: text[index..<end], as: UTF8.self) : ""
        index = end
        lastWord = word
        slashStartsExpression = Keyword.beforeOperand.contains(word)
    }

    private mutating func skipSpaceOrOperator(_ byte: UInt8) {
        index += 1
        if byte.isSpace { return }
        lastWord = nil
        let isDoubled = index < text.count && text[index] == byte
        switch byte {
        case UInt8(ascii: "+") where isDoubled, UInt8(ascii: "-") where isDoubled:
            // `x++ / 2` is a division, as `x / 2` is.
            index += 1
        case UInt8(ascii: "]"):
            slashStartsExpression = false
        case UInt8(ascii: "."):
            let isSpread = index > 1 && text[index - 2] == byte
            slashStartsExpression = isSpread
        default:
            slashStartsExpression = true
        }
    }

    private mutating func open(_ bracket: Bracket) {
        brackets.append(bracket)
        index += 1
        lastWord = nil
        slashStartsExpression = true
    }

    private mutating func closeParenthesis() {
        index += 1
        lastWord = nil
        slashStartsExpression = false
        if case .parenthesis(let ofStatement) = brackets.last {
            brackets.removeLast()
            slashStartsExpression = ofStatement
        }
    }

    private mutating func closeBrace() {
        switch brackets.last {
        case .templateExpression:
            brackets.removeLast()
            blankTemplate()
            return
        case .brace: brackets.removeLast()
        case .parenthesis, nil: break
        }
        index += 1
        lastWord = nil
        slashStartsExpression = true
    }

    // MARK: Comments and literals

    private mutating func slash() {
        switch byte(at: index + 1) {
        case UInt8(ascii: "/"): blankLine()
        case UInt8(ascii: "*"): blankBlockComment()
        default: blankExpressionOrDivide()
        }
    }

    private mutating func blankExpressionOrDivide() {
        lastWord = nil
        if slashStartsExpression, index >= divisionsEnd {
            if let end = regularExpressionEnd() {
                blank(to: end)
                slashStartsExpression = false
                return
            }
            divisionsEnd = lineEnd
        }
        index += 1
        slashStartsExpression = true
    }

    private mutating func blankLine() {
        blank(to: lineEnd)
    }

    private mutating func blankBlockComment() {
        var end = index + 2
        while end < text.count, !(text[end] == UInt8(ascii: "*") && byte(at: end + 1) == UInt8(ascii: "/")) {
            end += 1
        }
        blank(to: min(end + 2, text.count))
    }

    private mutating func blankString(until quote: UInt8) {
        var end = index + 1
        while end < text.count, text[end] != quote, !text[end].isLineEnd {
            end = afterCharacter(at: end)
        }
        endLiteral(at: end)
    }

    /// Blanks a template literal from the backquote or the closing brace at `index` to the next backquote or `${`.
    private mutating func blankTemplate() {
        var end = index + 1
        while end < text.count, text[end] != UInt8(ascii: "`") {
            if text[end] == UInt8(ascii: "$"), byte(at: end + 1) == UInt8(ascii: "{") {
                index += 1
                blank(to: end)
                index = end + 1
                open(.templateExpression)
                return
            }
            end = afterCharacter(at: end)
        }
        endLiteral(at: end)
    }

    /// Blanks the text between the delimiter at `index` and `end`: another delimiter, or the end of the line or of the
    /// text.
    private mutating func endLiteral(at end: Int) {
        index += 1
        blank(to: min(end, text.count))
        if index < text.count, !text[index].isLineEnd { index += 1 }
        lastWord = nil
        slashStartsExpression = false
    }

    /// The end of the regular expression at `index`, after its flags; nil when its line ends first.
    private func regularExpressionEnd() -> Int? {
        var isInClass = false
        var end = index + 1
        while end < text.count, !text[end].isLineEnd {
            switch text[end] {
            case UInt8(ascii: "["): isInClass = true
            case UInt8(ascii: "]"): isInClass = false
            case UInt8(ascii: "/") where !isInClass:
                return text[(end + 1)...].firstIndex { !$0.isWordCharacter } ?? text.count
            default: break
            }
            end = afterCharacter(at: end)
        }
        return nil
    }

    // MARK: Text

    private var lineEnd: Int { text[index...].firstIndex(where: \.isLineEnd) ?? text.count }

    private func byte(at position: Int) -> UInt8? { position < text.count ? text[position] : nil }

    /// The position after the character of a literal at `position`. A backslash and the character that it escapes count
    /// as one.
    private func afterCharacter(at position: Int) -> Int {
        guard text[position] == UInt8(ascii: "\\") else { return position + 1 }
        let isLongLineEnd =
            byte(at: position + 1) == UInt8(ascii: "\r") && byte(at: position + 2) == UInt8(ascii: "\n")
        return position + (isLongLineEnd ? 3 : 2)
    }

    private mutating func blank(to end: Int) {
        while index < end {
            if !text[index].isLineEnd { text[index] = UInt8(ascii: " ") }
            index += 1
        }
    }
}
