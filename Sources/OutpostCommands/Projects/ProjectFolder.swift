// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// A local folder whose files are sent with a program.
struct ProjectFolder {
    /// The paths of the regular files, relative to the folder and sorted.
    let files: [String]
    /// The paths that are not sent: links that lead out of the folder, links to folders, and special files.
    let leftOut: [String]

    init(files: [String], leftOut: [String]) {
        self.files = files
        self.leftOut = leftOut
    }

    /// Lists the folder at `path`. Ignores `.git` and everything that `.gitignore` files name.
    ///
    /// - Throws: `invalid_request` when a folder cannot be read, or when there are more files than a request may have.
    init(_ path: String) throws(OutpostError) {
        var walk = Walk(root: path)
        try walk.visit("", IgnoreRules())
        guard walk.files.count <= Self.mostFiles else {
            throw OutpostError(
                .invalidRequest,
                "\(path) has \(walk.files.count) files, but at most \(Self.mostFiles) can be sent; list others in .gitignore"
            )
        }
        files = walk.files.sorted()
        leftOut = walk.leftOut.sorted()
    }

    /// The limit of `files` in the API.
    private static let mostFiles = 1000

    private struct Walk {
        let root: String
        var files: [String] = []
        var leftOut: [String] = []

        mutating func visit(_ folder: String, _ outer: IgnoreRules) throws(OutpostError) {
            let here = folder.isEmpty ? root : "\(root)/\(folder)"
            let names: [String]
            do { names = try FileManager.default.contentsOfDirectory(atPath: here) } catch {
                throw OutpostError(.invalidRequest, "cannot read the folder \(here)", cause: error)
            }
            var rules = outer
            if names.contains(".gitignore"), Self.kind("\(here)/.gitignore", within: root) == .file {
                rules.add(try Self.patterns("\(here)/.gitignore"), in: folder)
            }
            for name in names where name != ".git" {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                let kind = Self.kind("\(root)/\(path)", within: root)
                guard !rules.leaveOut(path, isFolder: kind == .folder) else { continue }
                switch kind {
                case .file: files.append(path)
                case .folder: try visit(path, rules)
                case .other: leftOut.append(path)
                }
            }
        }

        /// Reads a file of patterns. Bytes that are not UTF-8 become U+FFFD, so only patterns with such bytes match nothing.
        ///
        /// - Throws: `invalid_request` when the file cannot be read. Without its patterns, private files could be sent.
        private static func patterns(_ path: String) throws(OutpostError) -> String {
            do {
                return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            } catch {
                throw OutpostError(.invalidRequest, "cannot read \(path), which says what is not sent", cause: error)
            }
        }

        private enum Kind { case file, folder, other }

        /// Follows a link to a file in the project. Does not follow links to folders, because they could form a circle.
        private static func kind(_ path: String, within root: String) -> Kind {
            var status = stat()
            guard lstat(path, &status) == 0 else { return .other }
            switch status.st_mode & S_IFMT {
            case S_IFREG: return .file
            case S_IFDIR: return .folder
            case S_IFLNK:
                guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .other }
                return realPath(path).hasPrefix(realPath(root) + "/") ? .file : .other
            default: return .other
            }
        }

        private static func realPath(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        }
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
                    + "with --file, or give a command with --command")
        }
        guard candidates.count == 1 else {
            throw OutpostError(
                .invalidRequest,
                "\(path) has several main files (\(candidates.joined(separator: ", "))); name one and send the folder with "
                    + "--file")
        }
        return main
    }

    private static let mainNames = [
        "main.py", "__main__.py", "main.js", "main.mjs", "main.cjs", "index.js", "index.mjs", "index.cjs", "main.go",
        "main.rs", "main.sh",
    ]
}
