// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// The content of a project's folder without `.git`, and without everything that `.gitignore` files name. Links are
/// listed and not followed.
struct FolderWalk {
    /// The paths of the regular files, relative to the project.
    private(set) var files: Set<String> = []
    /// The paths of the folders, relative to the project; empty for the project itself.
    private(set) var folders: Set<String> = []
    /// The links by their paths.
    private(set) var links: [String: LinkTarget] = [:]
    /// The paths of special files, with the kind of each.
    private(set) var special: [String: String] = [:]

    private let root: String
    private let realRoot: String

    /// Lists the folder at `root`.
    ///
    /// - Throws: `invalid_request` when a folder or a `.gitignore` cannot be read.
    init(_ root: String) throws(OutpostError) {
        self.root = root
        realRoot = realPath(root) ?? root
        try visit("", IgnoreRules())
    }

    private mutating func visit(_ folder: String, _ outer: IgnoreRules) throws(OutpostError) {
        folders.insert(folder)
        let here = folder.isEmpty ? root : "\(root)/\(folder)"
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: here) } catch {
            throw OutpostError(.invalidRequest, "cannot read the folder \(here)", cause: error)
        }
        var rules = outer
        if names.contains(".gitignore"), isFile("\(here)/.gitignore") {
            rules.add(try patterns("\(here)/.gitignore"), in: folder)
        }
        for name in names where name != ".git" {
            try add(folder.isEmpty ? name : "\(folder)/\(name)", rules)
        }
    }

    private mutating func add(_ path: String, _ rules: IgnoreRules) throws(OutpostError) {
        let kind = FileKind("\(root)/\(path)", follow: false)
        let target = kind == .link ? LinkTarget("\(root)/\(path)", in: realRoot) : nil
        let isFolder = kind == .folder || target?.isFolder == true
        guard !rules.leaveOut(path, isFolder: isFolder) else { return }
        switch kind {
        case .file: files.insert(path)
        case .folder: try visit(path, rules)
        case .link: links[path] = target
        case .special(let name): special[path] = name
        }
    }

    /// Whether `path` is a file of the project, or a link to one.
    private func isFile(_ path: String) -> Bool {
        switch FileKind(path, follow: false) {
        case .file: true
        case .link: if case .file = LinkTarget(path, in: realRoot) { true } else { false }
        case .folder, .special: false
        }
    }
}

/// Where a link of a project leads.
enum LinkTarget: Equatable {
    /// A file of the project, with its path without links, relative to the project.
    case file(String)
    /// A folder of the project, with its path without links; empty for the project itself.
    case folder(String)
    /// A place that is not sent, as words: `a link out of the folder`.
    case nowhere(String)

    /// Whether the link leads to a folder of the project.
    var isFolder: Bool { if case .folder = self { true } else { false } }

    /// Follows the link at `path`.
    ///
    /// - Parameter root: the project's path without links.
    init(_ path: String, in root: String) {
        guard let real = realPath(path) else {
            self = .nowhere(unfollowed(errno))
            return
        }
        guard real == root || real.hasPrefix(root == "/" ? root : root + "/") else {
            self = .nowhere("a link out of the folder")
            return
        }
        let place = String(real.dropFirst(root.count).drop { $0 == "/" })
        switch FileKind(real, follow: true) {
        case .file: self = .file(place)
        case .folder: self = .folder(place)
        case .link: self = .nowhere("a link to nothing")
        case .special(let name): self = .nowhere("a link to \(name)")
        }
    }
}

/// Returns words for a link that realpath(3) cannot follow.
private func unfollowed(_ error: Int32) -> String {
    switch error {
    case ELOOP: "a link in a circle of links"
    case ENOENT, ENOTDIR: "a link to nothing"
    default: "a link that cannot be followed: \(String(cString: strerror(error)))"
    }
}

/// The type of a file.
private enum FileKind: Equatable {
    case file, folder, link
    /// Another type, as words: `a socket`.
    case special(String)

    /// - Parameter follow: whether to follow a link.
    init(_ path: String, follow: Bool) {
        var status = stat()
        guard (follow ? stat(path, &status) : lstat(path, &status)) == 0 else {
            self = .special("gone")
            return
        }
        self =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFIFO: .special("a FIFO")
            case S_IFSOCK: .special("a socket")
            default: .special("a device")
            }
    }
}

/// Returns the absolute path without links; nil when there is no such file. Then `errno` has the reason.
private func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
}

/// Reads a file of patterns. Bytes that are not UTF-8 become U+FFFD, so only patterns with such bytes match nothing.
///
/// - Throws: `invalid_request` when the file cannot be read. Without its patterns, private files could be sent.
private func patterns(_ path: String) throws(OutpostError) -> String {
    do {
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    } catch {
        throw OutpostError(.invalidRequest, "cannot read \(path), which says what is not sent", cause: error)
    }
}
