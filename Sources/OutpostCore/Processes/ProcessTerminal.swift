// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The terminal of a process. All output arrives as stdout.
public struct ProcessTerminal: Hashable, Sendable {
    /// The height in characters.
    public var rows: Int
    /// The width in characters.
    public var columns: Int

    /// Creates a terminal.
    ///
    /// - Parameters:
    ///   - rows: 1 to 65,535.
    ///   - columns: 1 to 65,535.
    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }

    /// The size of a terminal when the client names none.
    public static let ordinary = ProcessTerminal(rows: 24, columns: 80)
}
