// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which file a program's source goes to.
struct SourceFileRule: Sendable {
    /// The name when no rule matches.
    let fileName: String
    /// The first that matches gives the name.
    let bySyntax: [SyntaxRule]
    /// Whether the language takes a byte order mark for a part of the program.
    let dropsMark: Bool

    /// The file's bytes.
    func content(of code: String) -> [UInt8] {
        let bytes = Array(code.utf8)
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        return dropsMark && bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
    }

    /// To be read only, by the program too; executable where the code says by what.
    func mode(of code: String) -> UInt32 { code.utf8.starts(with: "#!".utf8) ? 0o555 : 0o444 }

    func fileName(for code: String) -> String {
        guard !bySyntax.isEmpty else { return fileName }
        let syntax = SourceSyntax(code)
        return bySyntax.first { $0.matches(syntax) }?.fileName ?? fileName
    }
}

/// A file name for programs that a pattern matches.
struct SyntaxRule: Sendable {
    enum Scope: Sendable {
        case everywhere
        case outsideFunctions
    }

    let fileName: String
    let scope: Scope
    /// Foundation's, because the standard library's engine is a hundred times slower on a source of some megabytes.
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
