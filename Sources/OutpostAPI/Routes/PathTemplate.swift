// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A path with `{name}` where a segment is a parameter.
public struct PathTemplate: Hashable, Sendable {
    enum Segment: Hashable, Sendable {
        case literal(Substring)
        case parameter(String)
    }

    /// As it is written, `/auth/v1/pat/{name}`.
    public let text: String
    let segments: [Segment]

    public init(_ text: String) {
        self.text = text
        segments = Self.split(text).map { segment in
            segment.hasPrefix("{") ? .parameter(String(segment.dropFirst().dropLast())) : .literal(segment)
        }
    }

    /// The names of the parameters, from the left.
    public var parameters: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// How many parts the slashes make.
    var segmentCount: Int { segments.count }

    /// Whether `path`, which has as many segments, is one that this stands for.
    func matches(_ path: [Substring]) -> Bool {
        zip(segments, path).allSatisfy { segment, part in
            switch segment {
            case .literal(let literal): part == literal
            case .parameter: !part.isEmpty
            }
        }
    }

    /// The parameters' values as they stand in a path that matches.
    func values(in path: [Substring]) -> [String: String] {
        var values: [String: String] = [:]
        for (segment, part) in zip(segments, path) {
            if case .parameter(let name) = segment { values[name] = String(part) }
        }
        return values
    }

    /// Whether this says more than `other` about a path that both match: it is the first with a literal where the other
    /// has a parameter.
    func isMoreSpecific(than other: PathTemplate) -> Bool {
        for (segment, otherSegment) in zip(segments, other.segments) where segment != otherSegment {
            if case .literal = segment { return true }
            return false
        }
        return false
    }

    /// What lies between the slashes, byte by byte: to Swift a slash with a mark above it would be no slash. The first is
    /// empty for a path that begins with a slash, as every template does.
    static func split(_ path: String) -> [Substring] {
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Substring($0) }
    }
}
