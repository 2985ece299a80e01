// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Finds entries by a path. Each entry has a path template. A literal segment wins over a parameter, and a parameter over
/// the rest of a path.
public struct PathTable<Entry: Sendable>: Sendable {
    /// The entries by the number of segments in their templates.
    private let places: [Int: [Place]]
    /// The entries whose templates take the rest of a path.
    private let open: [Place]

    /// The entries at one template, and the values of its parameters.
    public struct Match: Sendable {
        /// The template that the path matches.
        public let template: PathTemplate
        /// The values of the parameters, not percent-decoded.
        public let parameters: [String: String]
        /// The entries of the template; at least one.
        public let entries: [Entry]
    }

    private struct Place {
        let template: PathTemplate
        var entries: [Entry]
    }

    /// Makes a table of `entries`. Entries with the same template stay together, in order.
    ///
    /// - Parameter path: returns the template of an entry.
    public init(_ entries: [Entry], at path: (Entry) -> PathTemplate) {
        var places: [Place] = []
        for entry in entries {
            let template = path(entry)
            if let position = places.firstIndex(where: { $0.template == template }) {
                places[position].entries.append(entry)
            } else {
                places.append(Place(template: template, entries: [entry]))
            }
        }
        open = places.filter(\.template.takesRest)
        self.places = Dictionary(grouping: places.filter { !$0.template.takesRest }) { $0.template.segmentCount }
    }

    /// Returns the entries at `path`, the path of a URL without its query; nil when no template matches.
    public func match(_ path: String) -> Match? {
        let segments = PathTemplate.split(path)
        var best: Place?
        for place in (places[segments.count] ?? []) + open where place.template.matches(segments) {
            if let best, !place.template.isMoreSpecific(than: best.template) { continue }
            best = place
        }
        return best.map { place in
            Match(
                template: place.template, parameters: place.template.values(in: segments), entries: place.entries)
        }
    }
}
