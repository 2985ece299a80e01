// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The rules for a string.
public struct StringRule: Sendable {
    /// The allowed lengths in Unicode scalars, as JSON Schema counts.
    public var length: ClosedRange<Int>
    /// The most bytes in UTF-8, for strings whose limit in the operating system is in bytes; nil for no limit.
    public var maxBytes: Int?
    /// The allowed values; nil for any.
    public var values: [String]?
    /// More conditions, in the order of their check.
    public var checks: [StringCheck]

    /// Makes a rule. By default it allows any string.
    public init(
        length: ClosedRange<Int> = 0...Int.max, maxBytes: Int? = nil, values: [String]? = nil,
        checks: [StringCheck] = []
    ) {
        self.length = length
        self.maxBytes = maxBytes
        self.values = values
        self.checks = checks
    }

    /// Returns the first problem with `text`; nil when there is none.
    func problem(with text: String) -> String? {
        if let values, !values.contains(text) {
            let named = values.filter { !$0.isEmpty }.joined(separator: ", ")
            return values.contains("") ? "must be empty or one of \(named)" : "must be one of \(named)"
        }
        return lengthProblem(with: text) ?? checks.first { !$0.accepts(text) }?.problem
    }

    private func lengthProblem(with text: String) -> String? {
        let bytes = text.utf8.count
        if let maxBytes, bytes > maxBytes { return "must be at most \(maxBytes) bytes" }
        // A scalar is at least one byte. Most strings are short in bytes, and their scalars need no count.
        if bytes > length.upperBound, text.unicodeScalars.count > length.upperBound {
            return "must be at most \(length.upperBound) characters"
        }
        guard length.lowerBound > 0, text.unicodeScalars.count < length.lowerBound else { return nil }
        return length.lowerBound == 1 ? "must not be empty" : "must be at least \(length.lowerBound) characters"
    }
}

/// One condition on a string, besides its length.
public struct StringCheck: Sendable {
    /// The rest of a sentence that begins with the field, such as "must not be empty".
    public let problem: String
    /// The condition as a regular expression of ECMA-262 for the OpenAPI document; nil when there is none.
    public let pattern: String?
    /// The `format` of JSON Schema for the OpenAPI document; nil when there is none.
    public let format: String?
    /// Returns whether a string satisfies the condition.
    public let accepts: @Sendable (String) -> Bool

    /// Makes a condition. `pattern` and `format` only describe it; `accepts` decides.
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
