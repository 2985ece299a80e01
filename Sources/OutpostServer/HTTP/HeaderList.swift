// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OutpostAPI

/// The elements of a header that is a list (RFC 9110, section 5.6.1), over all its lines.
struct HeaderList {
    /// Without the spaces around each element.
    let elements: [Substring]

    /// - Parameter lines: the values of the header.
    init(_ lines: [String]) {
        elements = lines.flatMap { line in line.split(separator: ",").map(\.trimmingSpaces) }
    }

    /// Whether `word` is an element. Ignores case.
    func contains(_ word: String) -> Bool { elements.contains { $0.lowercased() == word.lowercased() } }
}

extension HTTPFields {
    /// Whether the list in a header contains `word`. Ignores case.
    func lists(_ word: String, in name: HTTPField.Name) -> Bool { HeaderList(self[values: name]).contains(word) }
}
