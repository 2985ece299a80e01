// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension OutputComparison {
    /// Those that need nothing but their name.
    private static let named: [(name: String, comparison: OutputComparison)] = [
        ("tokens", .tokens), ("exact", .exact), ("lines", .lines),
    ]

    static let schema = Schema(
        .anyOf([
            .enumeration("", named.map(\.name)),
            .object(
                "",
                [
                    Field(
                        "numbers",
                        .number("How far a number may be from the expected one, absolute or relative.", above: 0),
                        required: true)
                ]),
        ]),
        "How to compare: `tokens` takes any white space between words as the same, `lines` ignores it at the end of lines and "
            + "empty lines at the end, `exact` compares bytes. With `numbers`, words as `tokens`, and of two numbers the "
            + "difference, absolute or relative, may be up to this."
    )

    var json: JSONValue {
        if case .numbers(let tolerance) = self { return ["numbers": .number(tolerance)] }
        return .string(Self.named.first { $0.comparison == self }?.name ?? "tokens")
    }

    /// Nil for what the schema does not let pass.
    init?(json: JSONValue) {
        if let tolerance = json["numbers"]?.numberValue {
            self = .numbers(tolerance: tolerance)
        } else if let known = Self.named.first(where: { .string($0.name) == json }) {
            self = known.comparison
        } else {
            return nil
        }
    }
}
