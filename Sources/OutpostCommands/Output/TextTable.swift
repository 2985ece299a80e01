// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Rows in aligned columns under a header.
struct TextTable: Equatable {
    let header: [String]
    /// Each row has one cell for each column of the header.
    let rows: [[String]]

    /// The cell for a missing value.
    static let absent = "-"

    /// The lines without spaces at their ends. Control characters become "?", because they are not safe on a terminal.
    var lines: [String] {
        let cells = ([header] + rows).map { $0.map(Self.printable) }
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return withoutTrailingBlanks(padded.joined(separator: "  "))
        }
    }

    /// Returns `text` with "?" in place of control characters.
    static func printable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(scalar.properties.generalCategory == .control ? "?" : scalar)
        }
        return String(scalars)
    }
}

private func withoutTrailingBlanks(_ line: String) -> String {
    String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
}
