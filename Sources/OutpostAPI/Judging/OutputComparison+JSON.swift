// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension OutputComparison {
    /// The comparisons without a parameter.
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
                        .number("The largest difference from the expected number, absolute or relative.", above: 0),
                        required: true)
                ]),
        ]),
        "How to compare. `tokens` compares words and ignores the amount of white space between them. `lines` ignores "
            + "white space at the end of lines and empty lines at the end. `exact` compares bytes. `numbers` compares words "
            + "as `tokens` does, but two numbers may differ by the given amount, absolute or relative."
    )

    var json: JSONValue {
        if case .numbers(let tolerance) = self { return ["numbers": .number(tolerance)] }
        return .string(Self.named.first { $0.comparison == self }?.name ?? "tokens")
    }

    /// Nil when `json` does not satisfy the schema.
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
