// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a program's file tells of its language.
struct LanguageGuess: Equatable {
    /// The language's name as servers know it, when the name of the file or the first line tells it.
    let language: String?
    /// Of the file, in lower case, without its dot.
    let fileExtension: String?

    private static let shipped = [
        "py": "python", "js": "node", "mjs": "node", "cjs": "node", "go": "go", "rs": "rust", "sh": "bash",
        "bash": "bash",
    ]

    /// - Parameter path: of the file that `code` comes from, or nil.
    init(path: String?, code: String) {
        fileExtension = path.flatMap(extensionOfFile)
        language = fileExtension.flatMap { Self.shipped[$0] } ?? interpreter(code)
    }
}

private func extensionOfFile(_ path: String) -> String? {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
    let end = name[name.index(after: dot)...].lowercased()
    return end.isEmpty ? nil : end
}

/// The program that the line `#!/usr/bin/env -S python3 -u` names, without its version; nil when there is no such line.
private func interpreter(_ code: String) -> String? {
    let line = code.prefix { !$0.isNewline }
    guard line.hasPrefix("#!") else { return nil }
    let words = line.dropFirst(2).split { $0 == " " || $0 == "\t" }.map { $0.split(separator: "/").last ?? "" }
    let isEnvironment = words.first == "env"
    let program = isEnvironment ? words.dropFirst().first { !$0.hasPrefix("-") && !$0.contains("=") } : words.first
    let name = program.map(withoutVersion) ?? ""
    return name.isEmpty ? nil : name == "sh" ? "bash" : name
}

/// `python` of `python3.11`.
private func withoutVersion(_ program: Substring) -> String {
    String(program.prefix(program.count - program.reversed().prefix { $0.isNumber || $0 == "." }.count))
}
