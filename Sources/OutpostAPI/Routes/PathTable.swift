// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What there is at which path, by the paths' templates. A literal segment wins over a parameter.
public struct PathTable<Entry: Sendable>: Sendable {
    /// All that stands at one template.
    public struct Match: Sendable {
        public let template: PathTemplate
        /// The parameters' values as they stand in the path, not percent-decoded.
        public let parameters: [String: String]
        /// At least one.
        public let entries: [Entry]
    }

    private struct Place {
        let template: PathTemplate
        var entries: [Entry]
    }

    /// By the number of segments.
    private let places: [Int: [Place]]

    public init(_ entries: [Entry], at path: (Entry) -> PathTemplate) {
        var places: [Int: [Place]] = [:]
        for entry in entries {
            let template = path(entry)
            var list = places[template.segmentCount] ?? []
            if let position = list.firstIndex(where: { $0.template == template }) {
                list[position].entries.append(entry)
            } else {
                list.append(Place(template: template, entries: [entry]))
            }
            places[template.segmentCount] = list
        }
        self.places = places
    }

    /// What there is at `path`, a URL's path without its query; nil for nothing.
    public func match(_ path: String) -> Match? {
        let segments = PathTemplate.split(path)
        var best: Place?
        for place in places[segments.count] ?? [] where place.template.matches(segments) {
            if let best, !place.template.isMoreSpecific(than: best.template) { continue }
            best = place
        }
        return best.map { place in
            Match(
                template: place.template, parameters: place.template.values(in: segments), entries: place.entries)
        }
    }
}
