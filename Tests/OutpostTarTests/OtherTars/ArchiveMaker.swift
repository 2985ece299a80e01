// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A program that makes an archive of one of the trees, in one of its formats.
struct ArchiveMaker: Sendable, CustomTestStringConvertible {
    enum Program: String {
        case gnuTar = "GNU tar"
        case python = "Python"
        case bsdtar = "bsdtar"
    }

    let program: Program
    let format: String
    let options: [String]
    /// Which of the trees the format can hold: `v7`, `ustar` or `all`.
    let tree: String

    init(_ program: Program, _ format: String, _ options: [String] = [], tree: String = "all") {
        self.program = program
        self.format = format
        self.options = options
        self.tree = tree
    }

    var testDescription: String { ([program.rawValue, format] + options).joined(separator: " ") }

    static let all = [
        ArchiveMaker(.gnuTar, "v7", tree: "v7"), ArchiveMaker(.gnuTar, "ustar", tree: "ustar"),
        ArchiveMaker(.gnuTar, "oldgnu"), ArchiveMaker(.gnuTar, "gnu"), ArchiveMaker(.gnuTar, "posix"),
        ArchiveMaker(.gnuTar, "oldgnu", ["--sparse"]), ArchiveMaker(.gnuTar, "gnu", ["--sparse"]),
        ArchiveMaker(.gnuTar, "posix", ["--sparse", "--sparse-version=0.0", "--xattrs"]),
        ArchiveMaker(.gnuTar, "posix", ["--sparse", "--sparse-version=0.1", "--xattrs"]),
        ArchiveMaker(.gnuTar, "posix", ["--sparse", "--sparse-version=1.0", "--xattrs"]),
        ArchiveMaker(.python, "ustar", tree: "ustar"), ArchiveMaker(.python, "gnu"), ArchiveMaker(.python, "pax"),
        ArchiveMaker(.bsdtar, "ustar", tree: "ustar"), ArchiveMaker(.bsdtar, "gnutar"), ArchiveMaker(.bsdtar, "pax"),
    ]

    /// Makes `archive.tar` in `directory` of one of the trees there.
    func make(in directory: URL) throws -> Data {
        let archive = directory.appending(path: "archive.tar")
        let folder = directory.appending(path: tree).path()
        switch program {
        case .gnuTar:
            _ = try ExternalProgram.run(
                ["tar", "-C", folder, "--format=\(format)"] + options + ["-cf", archive.path(), "."], in: directory)
        case .python:
            _ = try ExternalProgram.script("make-archive.py", [format, folder, archive.path()], in: directory)
        case .bsdtar:
            _ = try ExternalProgram.run(
                ["bsdtar", "-C", folder, "--format=\(format)", "-cf", archive.path(), "."], in: directory)
        }
        return try Data(contentsOf: archive)
    }
}
