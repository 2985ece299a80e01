// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The paths that replace placeholders.
struct PlaceholderPaths {
    let file: String
    let output: String
    let directory: String
    let scratch: String
    let source: String
    let workingDirectory: String
    let overlay: String
}

/// A placeholder for a path. A manifest writes it in braces.
enum Placeholder: String, CaseIterable {
    case file, output, directory, scratch, overlay, source
    case workingDirectory = "working_dir"

    func path(in paths: PlaceholderPaths) -> String {
        switch self {
        case .file: paths.file
        case .output: paths.output
        case .directory: paths.directory
        case .scratch: paths.scratch
        case .source: paths.source
        case .workingDirectory: paths.workingDirectory
        case .overlay: paths.overlay
        }
    }
}

/// One word of a command, or one value of a variable, with placeholders such as `{file}`. Other text in braces stays
/// unchanged. A lower-case name in braces that is not a placeholder is an error.
struct WordTemplate: Sendable {
    private enum Part: Sendable {
        case text(String)
        case placeholder(Placeholder)
    }

    /// A name in braces that is not a placeholder.
    struct UnknownPlaceholder: Error {
        let name: String
    }

    private let parts: [Part]

    init(_ word: String) throws(UnknownPlaceholder) {
        var parts: [Part] = []
        var rest = Substring(word)
        while let open = rest.firstIndex(of: "{") {
            let inside = rest[rest.index(after: open)...].prefix { $0.isASCII && $0.isLowercase || $0 == "_" }
            guard !inside.isEmpty, rest[inside.endIndex...].first == "}" else {
                parts.append(.text(String(rest[..<inside.endIndex])))
                rest = rest[inside.endIndex...]
                continue
            }
            guard let placeholder = Placeholder(rawValue: String(inside)) else {
                throw UnknownPlaceholder(name: String(inside))
            }
            parts += [.text(String(rest[..<open])), .placeholder(placeholder)]
            rest = rest[inside.endIndex...].dropFirst()
        }
        self.parts = parts + [.text(String(rest))]
    }

    func uses(_ placeholder: Placeholder) -> Bool {
        parts.contains { part in
            if case .placeholder(placeholder) = part { true } else { false }
        }
    }

    func expanded(with paths: PlaceholderPaths) -> String {
        parts.reduce(into: "") { word, part in
            switch part {
            case .text(let text): word += text
            case .placeholder(let placeholder): word += placeholder.path(in: paths)
            }
        }
    }
}

/// The program and the arguments of a command, with placeholders.
struct CommandTemplate: Sendable {
    let words: [WordTemplate]

    func uses(_ placeholder: Placeholder) -> Bool { words.contains { $0.uses(placeholder) } }

    func expanded(with paths: PlaceholderPaths) -> [String] { words.map { $0.expanded(with: paths) } }
}
