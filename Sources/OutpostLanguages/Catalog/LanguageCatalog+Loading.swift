// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
public import OutpostCore

extension LanguageCatalog {
    /// Loads the shipped languages and the languages of the `.yaml` files in `directory`. A file replaces a shipped
    /// language of the same name. It reads files, so call it at the start of the server.
    ///
    /// - Parameter directory: the operator's folder, which must exist; nil for only the shipped languages.
    /// - Throws: `invalid_request` for an invalid manifest, with its file, line and field, and for a folder or file that
    ///   cannot be read.
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
