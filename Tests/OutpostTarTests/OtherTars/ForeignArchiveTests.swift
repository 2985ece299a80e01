// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostTar
import Testing

/// Archives that others made are to us what they are to others.
@Suite(.enabled(if: isRoot, "files of other owners and devices need root"))
struct ForeignArchiveTests {
    @Test(arguments: ArchiveMaker.all)
    func ourReaderFindsWhatOthersFind(maker: ArchiveMaker) throws {
        try withTemporaryDirectory { directory in
            _ = try ExternalProgram.script("make-trees.py", ["."], in: directory)
            let ours = try DescribedFile.read(maker.make(in: directory))
            let archive = directory.appending(path: "archive.tar").path()
            let output = try ExternalProgram.script("describe.py", ["archive", archive], in: directory)
            try expectSameEntries(ours, JSONDecoder().decode([DescribedFile].self, from: output))
            expectSame(ours.tree, try ArchiveUnpacker.bsdtar.tree(in: directory, statuses: [0, 1]))
        }
    }

    private func expectSameEntries(_ ours: [DescribedFile], _ others: [DescribedFile]) throws {
        #expect(ours.count > 10)
        #expect(ours.map(\.path) == others.map(\.path))
        for (ours, others) in zip(ours, others) { #expect(ours == others) }
    }
}

/// Compares trees file by file, so that a failure shows the file.
func expectSame(_ ours: [String: DescribedFile], _ others: [String: DescribedFile]) {
    #expect(ours.keys.sorted() == others.keys.sorted())
    for (path, file) in ours { #expect(file == others[path]) }
}

let isRoot = ProcessInfo.processInfo.userName == "root"
