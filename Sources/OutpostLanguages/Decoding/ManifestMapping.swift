// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// A mapping in a manifest with the keys it may have.
struct ManifestMapping {
    private let root: ManifestNode
    private let values: [String: ManifestNode]

    /// - Throws: `invalid_request` for a value that is not a mapping, and for a key that is not in `known`.
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

    /// The value of `key`, or nil when it is not there.
    subscript(key: String) -> ManifestNode? { values[key] }

    /// The value of `key`.
    ///
    /// - Throws: `invalid_request` when it is not there.
    func required(_ key: String) throws(OutpostError) -> ManifestNode {
        guard let value = values[key] else { throw root.error("lacks \(key)") }
        return value
    }
}
