// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostTar
import Testing

/// Archives that our writer made are to others what they are to us.
@Suite(.enabled(if: isRoot, "files of other owners and devices need root"))
struct OwnArchiveTests {
    @Test(arguments: ArchiveUnpacker.allCases)
    func othersFindWhatWeWrote(unpacker: ArchiveUnpacker) throws {
        try withTemporaryDirectory { directory in
            let archive = try OwnArchive(keepsNanoseconds: unpacker != .python)
            try Data(archive.bytes).write(to: directory.appending(path: "archive.tar"))
            #expect(try unpacker.entries(in: directory) == archive.files.count)
            let others = try unpacker.tree(in: directory)
            guard unpacker == .python else { return expectSame(archive.files.tree, others) }
            expectSame(
                archive.files.tree.mapValues(\.withoutWhatPythonLeavesOut),
                others.mapValues(\.withoutWhatPythonLeavesOut))
        }
    }

    @Test func pythonReadsEveryEntry() throws {
        try withTemporaryDirectory { directory in
            let archive = try OwnArchive(keepsNanoseconds: true)
            let path = directory.appending(path: "archive.tar")
            try Data(archive.bytes).write(to: path)
            let output = try ExternalProgram.script("describe.py", ["archive", path.path()], in: directory)
            let others = try JSONDecoder().decode([DescribedFile].self, from: output)
            #expect(others.map(\.path) == archive.files.map(\.path))
            for (ours, others) in zip(archive.files, others) { #expect(ours == others) }
        }
    }
}

extension DescribedFile {
    /// Python's tarfile unpacks no attributes, and no times of links.
    fileprivate var withoutWhatPythonLeavesOut: DescribedFile {
        var file = self
        file.attributes = [:]
        if kind == "link" { file.time = [] }
        return file
    }
}
