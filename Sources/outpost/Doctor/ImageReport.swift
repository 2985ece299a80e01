// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostDriverNamespaces
import OutpostImage

/// Checks which files of the host's configuration are missing in sandboxes.
enum ImageReport {
    /// The most paths in the report.
    private static let shown = 8

    static func configuration() -> HostCheck {
        let facts = PackageFacts.read()
        let configuration = HostConfiguration(facts)
        let missing = missing(facts, configuration)
        let counts = "\(configuration.files.count) files and \(configuration.links.count) links of /etc"
        if missing.isEmpty { return HostCheck("configuration of programs", .ok, counts) }
        let names = missing.prefix(shown).map { "\($0.path) (\($0.reason))" }.joined(separator: ", ")
        let more = missing.count > shown ? " and \(missing.count - shown) more" : ""
        return HostCheck(
            "configuration of programs", .note, "\(counts); missing: \(names)\(more)",
            advice: "none, unless a program in a sandbox needs one of these paths: then add it to image.etc_extra")
    }

    /// Returns the targets of links in `/usr` that are missing in a sandbox, and the files that the operator has
    /// changed.
    private static func missing(
        _ facts: PackageFacts, _ configuration: HostConfiguration
    ) -> [(path: String, reason: String)] {
        let dangling = facts.targets.filter { !configuration.contains($0) && ConfigurationStanding(of: $0) != .ofImage }
        let changed = configuration.omissions.filter { $0.value == .changed }.map(\.key)
        return Set(dangling).union(changed).sorted().map { path in
            (path, configuration.omissions[path]?.rawValue ?? "describes the host")
        }
    }
}
