// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The files of a project with those that its links lead to. A link gives its path to the files of its target.
///
/// Only files that are sent at their own paths are sent at a link's path too, so `.gitignore` files hold for both.
struct LinkExpansion {
    /// The paths of the files, relative to the project.
    private(set) var files: [String]
    /// The paths that are not sent, each with the reason.
    private(set) var leftOut: [String]

    private let walk: FolderWalk
    private let limit: Int
    private var followed = 0

    /// The most links to follow. Links that lead to each other's folders have many paths.
    private static let mostFollowed = 10_000

    /// Follows the links of `walk`. Stops after `limit` files.
    ///
    /// - Returns: nil when there are more files than `limit`, or too many links.
    init?(_ walk: FolderWalk, limit: Int) {
        self.walk = walk
        self.limit = limit
        files = Array(walk.files)
        leftOut = walk.special.map { "\($0.key) (\($0.value))" }
        guard files.count <= limit, follow(linksIn: "", at: "", []) else { return nil }
    }

    /// Adds the files behind the links in the folder `real`.
    ///
    /// - Parameters:
    ///   - place: the path of the folder in the project, through links.
    ///   - chain: the real folders of all links between the project and this folder.
    /// - Returns: whether the files are within the limit.
    private mutating func follow(linksIn real: String, at place: String, _ chain: [String]) -> Bool {
        for (link, target) in walk.links where isInside(link, real) {
            followed += 1
            guard followed <= Self.mostFollowed else { return false }
            let path = moved(link, from: real, to: place)
            switch target {
            case .file(let file) where walk.files.contains(file): files.append(path)
            case .file: leftOut.append("\(path) (a link to a file that is not sent)")
            case .nowhere(let reason): leftOut.append("\(path) (\(reason))")
            case .folder(let folder):
                let parents = chain + [parent(link)]
                if !walk.folders.contains(folder) {
                    leftOut.append("\(path) (a link to a folder that is not sent)")
                } else if parents.contains(where: { $0 == folder || isInside($0, folder) }) {
                    leftOut.append("\(path) (a link to a folder that contains it)")
                } else {
                    files += walk.files.filter { isInside($0, folder) }.map { moved($0, from: folder, to: path) }
                    guard follow(linksIn: folder, at: path, parents) else { return false }
                }
            }
            guard files.count <= limit else { return false }
        }
        return true
    }
}

/// Returns whether `path` is below `folder`. Everything is below the project, whose path is empty.
private func isInside(_ path: String, _ folder: String) -> Bool { folder.isEmpty || path.hasPrefix(folder + "/") }

/// Returns `path` with the folder `old` at its start replaced by `new`.
private func moved(_ path: String, from old: String, to new: String) -> String {
    let rest = old.isEmpty ? path : String(path.dropFirst(old.count + 1))
    return new.isEmpty ? rest : "\(new)/\(rest)"
}

private func parent(_ path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
