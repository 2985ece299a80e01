// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// A local folder whose files are sent with a program.
struct ProjectFolder {
    /// The paths of the regular files, relative to the folder and sorted.
    let files: [String]
    /// The links and special files that are not sent, each with the reason: `lib (a link out of the folder)`.
    let leftOut: [String]

    init(files: [String], leftOut: [String]) {
        self.files = files
        self.leftOut = leftOut
    }

    /// Lists the folder at `path`. Ignores `.git` and everything that `.gitignore` files name. Follows links to files and
    /// folders of the project.
    ///
    /// - Throws: `invalid_request` when a folder cannot be read, or when there are more files than a request may have.
    init(_ path: String) throws(OutpostError) {
        let walk = try FolderWalk(path)
        guard walk.files.count <= Self.mostFiles else { throw Self.tooMany(path, "\(walk.files.count) files") }
        guard let expansion = LinkExpansion(walk, limit: Self.mostFiles) else {
            throw Self.tooMany(path, "more than \(Self.mostFiles) files, counted with those behind links")
        }
        files = expansion.files.sorted()
        leftOut = expansion.leftOut.sorted()
    }

    /// The limit of `files` in the API.
    private static let mostFiles = 1000

    private static func tooMany(_ path: String, _ count: String) -> OutpostError {
        OutpostError(
            .invalidRequest,
            "\(path) has \(count), but at most \(mostFiles) can be sent; list others in .gitignore")
    }
}

extension ProjectFolder {
    /// Returns the main file: the one at the top of the folder with a usual name such as `main.py`.
    ///
    /// - Parameter path: the folder, for errors.
    /// - Throws: `invalid_request` when there is no such file, or more than one.
    func main(of path: String) throws(OutpostError) -> String {
        let candidates = files.filter { Self.mainNames.contains($0) }
        guard let main = candidates.first else {
            throw OutpostError(
                .invalidRequest,
                "\(path) has no main file (\(Self.mainNames.joined(separator: ", "))); name the file and send the folder "
                    + "with --file, or give a command\(commandHint)")
        }
        guard candidates.count == 1 else {
            throw OutpostError(
                .invalidRequest,
                "\(path) has several main files (\(candidates.joined(separator: ", "))); name one and send the folder with "
                    + "--file")
        }
        return main
    }

    /// The command that usually runs this project, by its files; else only the option.
    private var commandHint: String {
        let known = Self.commands.first { files.contains($0.file) }
        return known.map { " for its \($0.file): --command -- \($0.command)" } ?? " with --command"
    }

    private static let commands: [(file: String, command: String)] = [
        ("Cargo.toml", "cargo run"), ("go.mod", "go run ."), ("package.json", "npm start"), ("Makefile", "make"),
    ]

    private static let mainNames = [
        "main.py", "__main__.py", "main.js", "main.mjs", "main.cjs", "index.js", "index.mjs", "index.cjs", "main.go",
        "main.rs", "main.sh",
    ]
}
