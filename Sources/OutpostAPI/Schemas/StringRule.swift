// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Bounds on a string.
public struct StringRule: Sendable {
    /// In Unicode scalars, as JSON Schema counts.
    public var length: ClosedRange<Int>
    /// In UTF-8, where the operating system's bound is one of bytes.
    public var maxBytes: Int?
    /// The only values, when there is a fixed set.
    public var values: [String]?
    public var checks: [StringCheck]

    public init(
        length: ClosedRange<Int> = 0...Int.max, maxBytes: Int? = nil, values: [String]? = nil,
        checks: [StringCheck] = []
    ) {
        self.length = length
        self.maxBytes = maxBytes
        self.values = values
        self.checks = checks
    }

    /// Why `text` is refused, nil when it is not.
    func problem(with text: String) -> String? {
        if let values, !values.contains(text) { return "must be one of \(values.joined(separator: ", "))" }
        return lengthProblem(with: text) ?? checks.first { !$0.accepts(text) }?.problem
    }

    private func lengthProblem(with text: String) -> String? {
        let bytes = text.utf8.count
        if let maxBytes, bytes > maxBytes { return "must be at most \(maxBytes) bytes" }
        // A scalar is at least one byte, so most strings need no second count.
        if bytes > length.upperBound, text.unicodeScalars.count > length.upperBound {
            return "must be at most \(length.upperBound) characters"
        }
        guard length.lowerBound > 0, text.unicodeScalars.count < length.lowerBound else { return nil }
        return length.lowerBound == 1 ? "must not be empty" : "must be at least \(length.lowerBound) characters"
    }
}

/// One condition on a string beyond its length.
public struct StringCheck: Sendable {
    /// Completes "the field …".
    public let problem: String
    /// An ECMA-262 expression that says the same to the document's reader, where one can.
    public let pattern: String?
    /// A JSON Schema `format`, where one exists.
    public let format: String?
    public let accepts: @Sendable (String) -> Bool

    public init(
        _ problem: String, pattern: String? = nil, format: String? = nil,
        accepts: @escaping @Sendable (String) -> Bool
    ) {
        self.problem = problem
        self.pattern = pattern
        self.format = format
        self.accepts = accepts
    }
}
