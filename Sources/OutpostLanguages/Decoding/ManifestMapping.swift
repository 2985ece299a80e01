// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// A mapping in a manifest that has only known keys.
struct ManifestMapping {
    private let root: ManifestNode
    private let values: [String: ManifestNode]

    /// - Throws: `invalid_request` when `root` is not a mapping or has a key that is not in `known`.
    init(_ root: ManifestNode, known: Set<String>) throws(OutpostError) {
        self.root = root
        var values: [String: ManifestNode] = [:]
        for (key, value) in try root.entries() {
            let name = try key.text()
            guard known.contains(name) else {
                throw key.error("is not known here; known are \(known.sorted().joined(separator: ", "))")
            }
            values[name] = value
        }
        self.values = values
    }

    /// The value of `key`; nil when it is missing.
    subscript(key: String) -> ManifestNode? { values[key] }

    /// Returns the value of `key`.
    ///
    /// - Throws: `invalid_request` when it is missing.
    func required(_ key: String) throws(OutpostError) -> ManifestNode {
        guard let value = values[key] else { throw root.error("lacks \(key)") }
        return value
    }
}
