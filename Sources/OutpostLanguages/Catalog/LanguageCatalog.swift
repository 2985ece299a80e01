// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The languages that this server knows. Their toolchains may be missing.
public struct LanguageCatalog: Sendable {
    /// The languages, sorted by name.
    public let languages: [Language]
    /// The index in `languages` by name and by alias.
    private let positions: [String: Int]

    /// - Throws: `invalid_request` when two languages have the same name or alias.
    init(_ languages: [Language]) throws(OutpostError) {
        self.languages = languages.sorted { $0.name < $1.name }
        var positions: [String: Int] = [:]
        for (position, language) in self.languages.enumerated() {
            for name in Set([language.name] + language.aliases) {
                if let other = positions.updateValue(position, forKey: name) {
                    throw OutpostError(
                        .invalidRequest,
                        "the languages \(self.languages[other].name) and \(language.name) both claim the name \(name)")
                }
            }
        }
        self.positions = positions
    }

    /// The names of the languages, without aliases.
    public var names: [String] { languages.map(\.name) }

    /// The language with this name or alias; nil when there is none. Upper and lower case are the same.
    public subscript(name: String) -> Language? {
        positions[name.lowercased()].map { languages[$0] }
    }

    /// Returns the language with this name or alias. Upper and lower case are the same.
    ///
    /// - Throws: `invalid_request` with a list of the known languages.
    public func language(named name: String) throws(OutpostError) -> Language {
        guard let language = self[name] else {
            throw .parameter(
                .invalidRequest, .language, "'\(name)' is not known; known are \(names.joined(separator: ", "))")
        }
        return language
    }
}
