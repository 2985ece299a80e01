// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The media types that the header `Accept` names (RFC 9110, section 12.5.1). Wildcards count for nothing here: a client
/// that takes anything gets the usual answer.
struct AcceptHeader {
    private let types: Set<String>

    /// - Parameter values: the lines of the header.
    init(_ values: [String]) {
        types = Set(HeaderList(values).elements.compactMap(Self.acceptedType))
    }

    /// Whether the client asked for this media type by its name.
    func include(_ type: String) -> Bool { types.contains(type) }

    /// Returns the media type in lower case; nil when its weight is 0, which means that it is not acceptable.
    private static func acceptedType(_ range: Substring) -> String? {
        let parts = range.split(separator: ";").map { part in
            part.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
        let isRefused = parts.dropFirst().contains { part in
            part.hasPrefix("q=") && Double(part.dropFirst(2)) == 0
        }
        return isRefused ? nil : parts.first
    }
}
