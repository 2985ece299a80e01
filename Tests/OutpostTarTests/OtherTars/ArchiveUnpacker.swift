// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program that makes files of an archive.
enum ArchiveUnpacker: String, CaseIterable {
    case gnuTar = "GNU tar"
    case python = "Python"
    case bsdtar = "bsdtar"

    /// Makes a tree of `archive.tar` in `directory`, and tells what is in it.
    ///
    /// bsdtar ends with 1 when a name in an archive of GNU tar is not UTF-8, and unpacks it all the same.
    func tree(in directory: URL, statuses: Set<Int32> = [0]) throws -> [String: DescribedFile] {
        let archive = directory.appending(path: "archive.tar").path()
        let folder = directory.appending(path: "unpacked")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        switch self {
        case .gnuTar:
            _ = try ExternalProgram.run(
                [
                    "tar", "-C", folder.path(), "--numeric-owner", "--xattrs", "--delay-directory-restore", "-xpf",
                    archive,
                ],
                in: directory)
        case .python: _ = try ExternalProgram.script("extract.py", [archive, folder.path()], in: directory)
        case .bsdtar:
            _ = try ExternalProgram.run(
                ["bsdtar", "-C", folder.path(), "--numeric-owner", "-xpf", archive], in: directory, statuses: statuses)
        }
        let output = try ExternalProgram.script("describe.py", ["tree", folder.path()], in: directory)
        return try JSONDecoder().decode([DescribedFile].self, from: output).tree
    }

    /// How many entries it lists.
    func entries(in directory: URL) throws -> Int {
        let archive = directory.appending(path: "archive.tar").path()
        let output =
            switch self {
            case .gnuTar: try ExternalProgram.run(["tar", "--quoting-style=escape", "-tf", archive], in: directory)
            case .python: try ExternalProgram.run(["/usr/bin/python3", "-m", "tarfile", "-l", archive], in: directory)
            case .bsdtar: try ExternalProgram.run(["bsdtar", "-tf", archive], in: directory)
            }
        return output.count { $0 == UInt8(ascii: "\n") }
    }
}
