// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A program in a language with C's syntax, without what could be mistaken for code. Blanked text is spaces, as many as
/// it had bytes; line ends stay.
struct SourceSyntax {
    /// Without comments, and without the insides of string, template and regular-expression literals. Code inside a
    /// template's `${}` stays.
    let code: String
    /// `code`, and without the bodies of functions.
    let codeOutsideFunctions: String

    init(_ source: String) {
        var literals = LiteralBlanking(Array(source.utf8))
        let code = literals.blanked()
        var functions = FunctionBlanking(code)
        self.code = String(decoding: code, as: UTF8.self)
        codeOutsideFunctions = String(decoding: functions.blanked(), as: UTF8.self)
    }
}
