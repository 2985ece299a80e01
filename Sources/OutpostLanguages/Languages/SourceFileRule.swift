// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which file a program's source goes to.
struct SourceFileRule: Sendable {
    /// The name when no rule matches.
    let fileName: String
    /// The first that matches gives the name.
    let bySyntax: [SyntaxRule]

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
