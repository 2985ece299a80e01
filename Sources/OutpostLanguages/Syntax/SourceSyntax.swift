// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The code of a program in a C-like language, with comments and literals blanked. Each blanked byte becomes a space.
/// Line ends stay.
struct SourceSyntax {
    /// The code without comments and without the insides of string, template and regular-expression literals. Code inside
    /// the `${}` of a template stays.
    let code: String
    /// `code` without the bodies of functions.
    let codeOutsideFunctions: String

    init(_ source: String) {
        var literals = LiteralBlanking(Array(source.utf8))
        let code = literals.blanked()
        var functions = FunctionBlanking(code)
        self.code = String(decoding: code, as: UTF8.self)
        codeOutsideFunctions = String(decoding: functions.blanked(), as: UTF8.self)
    }
}
