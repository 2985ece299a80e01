// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostConfinement

/// Files come in parts, for several runs at a time.
struct StagedFilesTests {
    /// What can be compared of a file.
    private func summary(_ files: [StagedFiles.File]) -> [String] {
        files.map { "\($0.path) \(String($0.mode, radix: 8)) \($0.content)" }
    }

    @Test func partsOfOneFileAreJoinedInOrder() {
        var staged = StagedFiles()
        staged.append(process: 1, path: "/a", mode: 0o644, part: [1, 2])
        staged.append(process: 1, path: "/a", mode: 0o644, part: [3])
        staged.append(process: 1, path: "/b", mode: 0o600, part: [])
        #expect(summary(staged.removeFiles(of: 1)) == ["/a 644 [1, 2, 3]", "/b 600 []"])
    }

    @Test func runsDoNotMixThoughTheirPartsDo() {
        var staged = StagedFiles()
        staged.append(process: 1, path: "/a", mode: 0o644, part: [1])
        staged.append(process: 2, path: "/a", mode: 0o644, part: [9])
        staged.append(process: 1, path: "/a", mode: 0o644, part: [2])
        #expect(summary(staged.removeFiles(of: 2)) == ["/a 644 [9]"])
        #expect(summary(staged.removeFiles(of: 1)) == ["/a 644 [1, 2]"])
    }

    @Test func aPathThatComesBackLaterIsWrittenAgain() {
        var staged = StagedFiles()
        for (path, byte) in [("/a", 1), ("/b", 2), ("/a", 3)] {
            staged.append(process: 1, path: path, mode: 0o644, part: [UInt8(byte)])
        }
        #expect(summary(staged.removeFiles(of: 1)) == ["/a 644 [1]", "/b 644 [2]", "/a 644 [3]"])
    }

    @Test func namesThatOnlyLookAlikeAreTwoFiles() {
        var staged = StagedFiles()
        staged.append(process: 1, path: "/\u{E9}", mode: 0o644, part: [1])
        staged.append(process: 1, path: "/e\u{301}", mode: 0o644, part: [2])
        #expect(staged.removeFiles(of: 1).map(\.content) == [[1], [2]])
    }

    @Test func filesAreTakenOnce() {
        var staged = StagedFiles()
        staged.append(process: 1, path: "/a", mode: 0o644, part: [1])
        #expect(staged.removeFiles(of: 1).count == 1)
        #expect(staged.removeFiles(of: 1).isEmpty)
        #expect(staged.removeFiles(of: 2).isEmpty)
    }
}
