// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The paths that placeholders stand for.
struct Places {
    let file: String
    let output: String
    let directory: String
    let scratch: String
    let source: String
    let workingDirectory: String
    let overlay: String
}

/// What a manifest can write in braces.
enum Placeholder: String, CaseIterable {
    case file, output, directory, scratch, overlay, source
    case workingDirectory = "working_dir"

    func path(in places: Places) -> String {
        switch self {
        case .file: places.file
        case .output: places.output
        case .directory: places.directory
        case .scratch: places.scratch
        case .source: places.source
        case .workingDirectory: places.workingDirectory
        case .overlay: places.overlay
        }
    }
}

/// One word of a command or one value of a variable, in which `{file}` and the like stand for paths. Any other text in
/// braces stays as it is, unless it looks like a placeholder with a wrong name.
struct WordTemplate: Sendable {
    private enum Part: Sendable {
        case text(String)
        case placeholder(Placeholder)
    }

    private let parts: [Part]

    /// A name in braces that is no placeholder.
    struct UnknownPlaceholder: Error {
        let name: String
    }

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

    func expanded(with places: Places) -> String {
        parts.reduce(into: "") { word, part in
            switch part {
            case .text(let text): word += text
            case .placeholder(let placeholder): word += placeholder.path(in: places)
            }
        }
    }
}

/// A command's program and arguments.
struct CommandTemplate: Sendable {
    let words: [WordTemplate]

    func uses(_ placeholder: Placeholder) -> Bool { words.contains { $0.uses(placeholder) } }

    func expanded(with places: Places) -> [String] { words.map { $0.expanded(with: places) } }
}
