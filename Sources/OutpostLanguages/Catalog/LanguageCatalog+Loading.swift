// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
public import OutpostCore

extension LanguageCatalog {
    /// The shipped languages, and those that the `.yaml` files in `directory` describe, which replace shipped ones of
    /// the same name. Reads files; meant for the start.
    ///
    /// - Parameter directory: The operator's folder, which must exist, or nil for the shipped languages alone.
    /// - Throws: `invalid_request`, which names file, line and field, for a manifest that is not in order, and for a
    ///   folder or file that cannot be read.
    public static func load(directory: String? = nil) throws(OutpostError) -> LanguageCatalog {
        var languages: [String: Language] = [:]
        for (name, bytes) in shippedManifests {
            let language = try Language(manifest: name, yaml: String(decoding: bytes, as: UTF8.self))
            languages[language.name] = language
        }
        var manifestOf: [String: String] = [:]
        for path in try directory.map(manifestPaths) ?? [] {
            let language = try Language(manifest: path, yaml: contents(of: path))
            if let other = manifestOf.updateValue(path, forKey: language.name) {
                throw OutpostError(.invalidRequest, "\(other) and \(path) both describe \(language.name)")
            }
            languages[language.name] = language
        }
        return try LanguageCatalog(Array(languages.values))
    }
}

private let shippedManifests: [(name: String, bytes: [UInt8])] = [
    ("bash.yaml", PackageResources.bash_yaml),
    ("go.yaml", PackageResources.go_yaml),
    ("node.yaml", PackageResources.node_yaml),
    ("python.yaml", PackageResources.python_yaml),
    ("rust.yaml", PackageResources.rust_yaml),
]

private func manifestPaths(in directory: String) throws(OutpostError) -> [String] {
    do {
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            .filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
            .map { directory + "/" + $0 }
    } catch {
        throw OutpostError(.invalidRequest, "\(directory): the folder of languages cannot be read", cause: error)
    }
}

private func contents(of path: String) throws(OutpostError) -> String {
    do {
        return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
        throw OutpostError(.invalidRequest, "\(path): the manifest cannot be read as UTF-8 text", cause: error)
    }
}
