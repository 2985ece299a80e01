// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A guess of a program's language by its file.
struct LanguageGuess: Equatable {
    /// The language by the file's extension or the first line; nil when neither is known.
    let language: String?
    /// The extension of the file in lower case, without its dot.
    let fileExtension: String?

    /// The extensions of the languages that Outpost comes with.
    private static let shipped = [
        "py": "python", "js": "node", "mjs": "node", "cjs": "node", "go": "go", "rs": "rust", "sh": "bash",
        "bash": "bash",
    ]

    /// - Parameter path: the file of `code`; nil when it does not come from a file.
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

/// Returns the program of a first line such as `#!/usr/bin/env -S python3 -u`, without its version: `python`. Nil when
/// the first line is not of this form.
private func interpreter(_ code: String) -> String? {
    let line = code.prefix { !$0.isNewline }
    guard line.hasPrefix("#!") else { return nil }
    let words = line.dropFirst(2).split { $0 == " " || $0 == "\t" }.map { $0.split(separator: "/").last ?? "" }
    let isEnvironment = words.first == "env"
    let program = isEnvironment ? words.dropFirst().first { !$0.hasPrefix("-") && !$0.contains("=") } : words.first
    let name = program.map(withoutVersion) ?? ""
    return name.isEmpty ? nil : name == "sh" ? "bash" : name
}

/// Returns `python` for `python3.11`.
private func withoutVersion(_ program: Substring) -> String {
    String(program.prefix(program.count - program.reversed().prefix { $0.isNumber || $0 == "." }.count))
}
