// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The name, the content and the mode of a program's source file.
struct SourceFileRule: Sendable {
    /// The name when no rule of `bySyntax` matches.
    let fileName: String
    /// The first rule that matches gives the name.
    let bySyntax: [SyntaxRule]
    /// Whether a byte order mark is dropped, because the language would read it as code.
    let dropsMark: Bool

    /// The bytes of the file.
    func content(of code: String) -> [UInt8] {
        let bytes = Array(code.utf8)
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        return dropsMark && bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    }

    /// The file's permissions: read-only, also for the program. It is executable when the code starts with `#!`.
    func mode(of code: String) -> UInt32 { code.utf8.starts(with: "#!".utf8) ? 0o555 : 0o444 }

    func fileName(for code: String) -> String {
        guard !bySyntax.isEmpty else { return fileName }
        let syntax = SourceSyntax(code)
        return bySyntax.first { $0.matches(syntax) }?.fileName ?? fileName
    }
}

/// The file name of programs whose code matches a pattern.
struct SyntaxRule: Sendable {
    enum Scope: Sendable {
        case everywhere
        case outsideFunctions
    }

    let fileName: String
    let scope: Scope
    /// It is Foundation's type, because Swift's `Regex` is a hundred times slower on a source of some megabytes.
    let pattern: NSRegularExpression

    func matches(_ syntax: SourceSyntax) -> Bool {
        let text =
            switch scope {
            case .everywhere: syntax.code
            case .outsideFunctions: syntax.codeOutsideFunctions
            }
        return pattern.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }
}
