// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The most bytes in one argument or one value of the environment, as in the kernel (`MAX_ARG_STRLEN`, execve(2)).
private let longestString = 128 * 1024

extension Schema {
    static let argument = Schema.string("No NUL.", maxBytes: longestString, checks: [.noNUL])

    static let environment = Schema.array(
        "The environment as [name, value] pairs, in order; a later one wins.",
        of: Schema(
            .tuple([
                .string("No \"=\" and no NUL.", length: 1...Int.max, maxBytes: 256, checks: [.noNUL, .noEqualsSign]),
                .string("No NUL.", maxBytes: longestString, checks: [.noNUL]),
            ]), "[name, value]"),
        count: 0...256)

    static let workingDirectory = Schema.string(
        "Absolute path inside the sandbox.", length: 1...Int.max, maxBytes: 4096,
        checks: [.noNUL, .absolutePath, .noParentComponent, .componentLength])

    static let language = Schema.string(
        "Name or alias of a language; `GET /auth/v1/languages` lists them.", length: 1...64, checks: [.printable]
    ).named(languageComponent)

    /// The component of the OpenAPI document to which a server adds the names that it knows.
    static let languageComponent = "LanguageName"

    static let metadata = Schema.map(
        "Labels for the owner's use.", names: StringRule(length: 1...64, checks: [.noNUL]),
        values: .string("No NUL.", length: 0...1024, checks: [.noNUL]), maxCount: 64)

    static let sandboxName = Schema.string("A name to show to people.", length: 1...128, checks: [.printable])

    /// A number of seconds, at most one year.
    static func lifetime(_ doc: String) -> Schema { .integer(doc, 1...31_536_000) }
}

extension EnvironmentVariable {
    /// The variable as the pair `[name, value]`.
    var json: JSONValue { [.string(name), .string(value)] }

    /// Nil unless `json` is a pair of strings.
    init?(json: JSONValue) {
        guard let pair = json.arrayValue, pair.count == 2, let name = pair[0].stringValue,
            let value = pair[1].stringValue
        else { return nil }
        self.init(name: name, value: value)
    }
}
