// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The languages this server knows, whether or not their toolchains are installed.
public struct LanguageCatalog: Sendable {
    /// In the order of their names.
    public let languages: [Language]
    private let positions: [String: Int]

    /// - Throws: `invalid_request` when two languages claim one name.
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

    /// The languages' names, without their aliases.
    public var names: [String] { languages.map(\.name) }

    /// The language of this name or alias, in any case; nil when there is none.
    public subscript(name: String) -> Language? {
        positions[name.lowercased()].map { languages[$0] }
    }

    /// The language of this name or alias, in any case.
    ///
    /// - Throws: `invalid_request` about the language, which lists the known ones.
    public func language(named name: String) throws(OutpostError) -> Language {
        guard let language = self[name] else {
            throw .parameter(
                .invalidRequest, .language, "'\(name)' is not known; known are \(names.joined(separator: ", "))")
        }
        return language
    }
}
