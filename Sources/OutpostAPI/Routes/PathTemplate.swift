// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A path in which a segment `{name}` is a parameter. A last segment `{name...}` takes the rest of the path, with its
/// slashes.
public struct PathTemplate: Hashable, Sendable {
    /// The template as text, such as `/auth/v1/pat/{name}`.
    public let text: String
    let segments: [Segment]

    enum Segment: Hashable, Sendable {
        case literal(Substring)
        case parameter(String)
        /// All segments from here on, at least one. They can be empty.
        case rest(String)
    }

    /// Splits `text` into its segments.
    public init(_ text: String) {
        self.text = text
        segments = Self.split(text).map { segment in
            guard segment.hasPrefix("{") else { return .literal(segment) }
            let name = segment.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
    }

    /// The names of the parameters, from left to right.
    public var parameters: [String] {
        segments.compactMap {
            switch $0 {
            case .parameter(let name), .rest(let name): name
            case .literal: nil
            }
        }
    }

    /// The template in an OpenAPI document. There, a parameter cannot have slashes; the document says it in words.
    var openAPIText: String { text.split(separator: "...}", omittingEmptySubsequences: false).joined(separator: "}") }

    /// Whether the last segment takes the rest of the path.
    var takesRest: Bool { if case .rest? = segments.last { true } else { false } }

    /// The number of parts between slashes, including the empty part before the first slash.
    var segmentCount: Int { segments.count }

    /// Whether the segments of a path match the template.
    func matches(_ path: [Substring]) -> Bool {
        guard takesRest ? path.count >= segments.count : path.count == segments.count else { return false }
        return zip(segments, path).allSatisfy { segment, part in
            switch segment {
            case .literal(let literal): part.utf8.count == literal.utf8.count && part.utf8.elementsEqual(literal.utf8)
            case .parameter: !part.isEmpty
            case .rest: true
            }
        }
    }

    /// Returns the values of the parameters in a path that matches, not percent-decoded.
    func values(in path: [Substring]) -> [String: String] {
        var values: [String: String] = [:]
        for (position, (segment, part)) in zip(segments, path).enumerated() {
            switch segment {
            case .literal: break
            case .parameter(let name): values[name] = String(part)
            case .rest(let name): values[name] = path[position...].joined(separator: "/")
            }
        }
        return values
    }

    /// Whether this template is more exact at the first segment that differs: a literal is more exact than a parameter,
    /// and a parameter is more exact than the rest of the path. Both must match the same path.
    func isMoreSpecific(than other: PathTemplate) -> Bool {
        for (segment, otherSegment) in zip(segments, other.segments) where segment != otherSegment {
            return segment.exactness > otherSegment.exactness
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

extension PathTemplate.Segment {
    fileprivate var exactness: Int {
        switch self {
        case .literal: 2
        case .parameter: 1
        case .rest: 0
        }
    }
}
