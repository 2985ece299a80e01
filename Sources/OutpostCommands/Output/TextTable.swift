// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Rows in aligned columns under a header.
struct TextTable: Equatable {
    let header: [String]
    /// As many cells in each as the header has.
    let rows: [[String]]

    /// Stands for a value that is not there.
    static let absent = "-"

    /// The lines, without blanks at their ends. A cell's control characters are shown as "?", so that none can reach the
    /// terminal.
    var lines: [String] {
        let cells = ([header] + rows).map { $0.map(Self.printable) }
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return withoutTrailingBlanks(padded.joined(separator: "  "))
        }
    }

    /// `text` with "?" for its control characters.
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
