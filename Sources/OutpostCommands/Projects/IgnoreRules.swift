// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The rules of the `.gitignore` files of a project (gitignore(5)).
struct IgnoreRules {
    private var rules: [Rule] = []

    private struct Rule {
        /// The folder of the `.gitignore`, relative to the project, with a slash at its end; empty for the project.
        let folder: String
        /// The components of the path. `**` matches any number of components.
        let pattern: [String]
        let isNegated: Bool
        let isForFolders: Bool
    }

    /// Adds the lines of a `.gitignore`. The last matching rule decides.
    ///
    /// - Parameter folder: the folder of the file, relative to the project; empty for the project itself.
    mutating func add(_ text: String, in folder: String) {
        let prefix = folder.isEmpty ? "" : folder + "/"
        rules += text.split(whereSeparator: \.isNewline).compactMap { Self.rule($0, prefix) }
    }

    private static func rule(_ line: Substring, _ folder: String) -> Rule? {
        var line = line
        // A space at the end counts only after a backslash.
        while line.last == " ", !line.dropLast().hasSuffix("\\") { line.removeLast() }
        guard !line.isEmpty, line.first != "#" else { return nil }
        let isNegated = line.first == "!"
        if isNegated { line.removeFirst() }
        let isForFolders = line.last == "/"
        if isForFolders { line.removeLast() }
        // A pattern without a slash matches at any depth.
        let isAnchored = line.contains("/")
        let pattern = line.split(separator: "/").map(String.init)
        guard !pattern.isEmpty else { return nil }
        return Rule(
            folder: folder, pattern: isAnchored ? pattern : ["**"] + pattern, isNegated: isNegated,
            isForFolders: isForFolders)
    }

    /// Returns whether to ignore a file or folder. Do not ask for the content of an ignored folder.
    ///
    /// - Parameter path: the path relative to the project.
    func leaveOut(_ path: String, isFolder: Bool) -> Bool {
        let rule = rules.last { rule in
            guard path.hasPrefix(rule.folder), isFolder || !rule.isForFolders else { return false }
            let names = path.dropFirst(rule.folder.count).split(separator: "/").map(String.init)
            return Self.matches(rule.pattern[...], names[...])
        }
        return rule.map { !$0.isNegated } ?? false
    }

    private static func matches(_ pattern: ArraySlice<String>, _ names: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return names.isEmpty }
        let rest = pattern.dropFirst()
        if first == "**" {
            // At the end it matches everything in the folder, but not the folder itself.
            if rest.isEmpty { return !names.isEmpty }
            return (names.startIndex...names.endIndex).contains { matches(rest, names[$0...]) }
        }
        guard let name = names.first, fnmatch(first, name, FNM_PATHNAME) == 0 else { return false }
        return matches(rest, names.dropFirst())
    }
}
