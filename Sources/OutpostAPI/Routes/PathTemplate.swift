// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A path in which a segment `{name}` is a parameter.
public struct PathTemplate: Hashable, Sendable {
    /// The template as text, such as `/auth/v1/pat/{name}`.
    public let text: String
    let segments: [Segment]

    enum Segment: Hashable, Sendable {
        case literal(Substring)
        case parameter(String)
    }

    /// Splits `text` into its segments.
    public init(_ text: String) {
        self.text = text
        segments = Self.split(text).map { segment in
            segment.hasPrefix("{") ? .parameter(String(segment.dropFirst().dropLast())) : .literal(segment)
        }
    }

    /// The names of the parameters, from left to right.
    public var parameters: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// The number of parts between slashes, including the empty part before the first slash.
    var segmentCount: Int { segments.count }

    /// Whether the segments of a path match the template. Both must have the same number of segments.
    func matches(_ path: [Substring]) -> Bool {
        zip(segments, path).allSatisfy { segment, part in
            switch segment {
            case .literal(let literal): part == literal
            case .parameter: !part.isEmpty
            }
        }
    }

    /// Returns the values of the parameters in a path that matches, not percent-decoded.
    func values(in path: [Substring]) -> [String: String] {
        var values: [String: String] = [:]
        for (segment, part) in zip(segments, path) {
            if case .parameter(let name) = segment { values[name] = String(part) }
        }
        return values
    }

    /// Whether this template has a literal at the first segment that differs, and `other` has a parameter there. Both
    /// must match the same path.
    func isMoreSpecific(than other: PathTemplate) -> Bool {
        for (segment, otherSegment) in zip(segments, other.segments) where segment != otherSegment {
            if case .literal = segment { return true }
            return false
        }
        return false
    }

    /// Splits `path` at each byte `/`. The first part is empty when the path begins with a slash, as every template
    /// does. Characters would not do: Swift joins a slash and a combining mark after it into one character, which is
    /// not a slash.
    static func split(_ path: String) -> [Substring] {
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Substring($0) }
    }
}
