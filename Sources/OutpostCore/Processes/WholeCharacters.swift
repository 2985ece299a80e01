// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Moves the cuts between the parts of a process's output to the ends of characters, where the output is UTF-8.
public struct WholeCharacters: Sendable {
    /// The start of a character whose other bytes have not come.
    private var begun: OutputPart?

    public init() {}

    /// Adds the next part, and returns the parts that can be shown now.
    ///
    /// A reader that comes back with the `end` of a returned part misses nothing.
    public mutating func append(_ part: OutputPart) -> [OutputPart] {
        var part = part
        var shown: [OutputPart] = []
        if let begun {
            let isNext = begun.stream == part.stream && begun.end == part.end - part.bytes.count
            if isNext {
                part = OutputPart(stream: part.stream, bytes: begun.bytes + part.bytes, end: part.end)
            } else {
                shown.append(begun)
            }
        }
        let count = incompleteCharacter(part.bytes[...])
        begun =
            count == 0 ? nil : OutputPart(stream: part.stream, bytes: Array(part.bytes.suffix(count)), end: part.end)
        if part.bytes.count > count {
            shown.append(
                OutputPart(stream: part.stream, bytes: Array(part.bytes.dropLast(count)), end: part.end - count))
        }
        return shown
    }

    /// Returns the bytes that stayed back, because no more come.
    public mutating func finish() -> OutputPart? {
        defer { begun = nil }
        return begun
    }
}
