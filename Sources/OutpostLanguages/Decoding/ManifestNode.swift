// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Yams

/// A value in a manifest, with its place for errors.
struct ManifestNode {
    let node: Node
    /// The path of the manifest.
    let manifest: String
    /// The dotted path from the manifest's root to the value. Empty for the root.
    let field: String

    /// An error about this value. `problem` follows its name, such as "must be a list".
    func error(_ problem: String) -> OutpostError {
        manifestError(manifest, line: node.mark?.line, field: field, problem)
    }

    /// The value as text. A number or a boolean is text too.
    ///
    /// - Throws: `invalid_request` for a list, a mapping or an empty text.
    func text() throws(OutpostError) -> String {
        let text = try textOrEmpty()
        guard !text.isEmpty else { throw error("must not be empty") }
        return text
    }

    func textOrEmpty() throws(OutpostError) -> String {
        guard let scalar = node.scalar else { throw error("must be text") }
        guard !scalar.string.contains("\0") else { throw error("must not contain a NUL character") }
        return scalar.string
    }

    func positiveNumber() throws(OutpostError) -> Int {
        guard let number = node.int, number > 0 else { throw error("must be a whole number above 0") }
        return number
    }

    func flag() throws(OutpostError) -> Bool {
        guard let flag = node.bool else { throw error("must be true or false") }
        return flag
    }

    func list() throws(OutpostError) -> [ManifestNode] {
        guard let sequence = node.sequence else { throw error("must be a list") }
        return sequence.enumerated().map { position, item in
            ManifestNode(node: item, manifest: manifest, field: "\(field)[\(position)]")
        }
    }

    /// The keys and values of a mapping, in its order.
    ///
    /// - Throws: `invalid_request` when the value is not a mapping.
    func entries() throws(OutpostError) -> [(key: ManifestNode, value: ManifestNode)] {
        guard let mapping = node.mapping else { throw error("must be a mapping of keys to values") }
        var entries: [(ManifestNode, ManifestNode)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else { throw error("has a key that is not text") }
            let path = field.isEmpty ? name : "\(field).\(name)"
            entries.append(
                (
                    ManifestNode(node: key, manifest: manifest, field: path),
                    ManifestNode(node: value, manifest: manifest, field: path)
                ))
        }
        return entries
    }
}

/// An error about one place in a manifest.
func manifestError(_ manifest: String, line: Int?, field: String, _ problem: String) -> OutpostError {
    let place = line.map { "\(manifest), line \($0)" } ?? manifest
    let message: ErrorText = field.isEmpty ? "\(place): the manifest \(problem)" : "\(place): \(field) \(problem)"
    let details = field.isEmpty ? [] : [ParameterProblem(.given(field), ErrorText(problem))]
    return OutpostError(.invalidRequest, message, details: details)
}
