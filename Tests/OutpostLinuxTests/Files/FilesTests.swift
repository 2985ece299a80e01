// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostCore
import OutpostLinux
import Testing

/// Files of the host.
struct FilesTests {
    @Test func removingATreeDoesNotFollowLinks() throws {
        try withFolder { folder in
            try makeDirectories("\(folder)/tree/a/b")
            try makeDirectory("\(folder)/kept")
            try makeFile("\(folder)/kept/file", "precious")
            try makeFile("\(folder)/tree/a/b/file")
            try replaceLink("\(folder)/tree/a/out", target: "\(folder)/kept")
            try replaceLink("\(folder)/tree/dangling", target: "nowhere")
            try removeTree("\(folder)/tree")
            #expect(try entries(of: folder) == ["kept"])
            #expect(try readText("\(folder)/kept/file") == "precious")
        }
    }

    @Test func aTreeThatIsItselfALinkIsNotEntered() throws {
        try withFolder { folder in
            try makeDirectory("\(folder)/kept")
            try makeFile("\(folder)/kept/file")
            #expect(FileInformation("\(folder)/kept")?.kind == .directory)
            try replaceLink("\(folder)/link", target: "kept")
            #expect(FileInformation("\(folder)/link")?.kind == .symlink)
            try removeEntry("\(folder)/link")
            #expect(try entries(of: folder) == ["kept"])
        }
    }

    @Test func makingDirectoriesThatExistIsFine() throws {
        try withFolder { folder in
            try makeDirectories("\(folder)/a/b/c")
            try makeDirectories("\(folder)/a/b/c")
            #expect(FileInformation("\(folder)/a/b/c")?.kind == .directory)
        }
    }

    @Test func aFileAboveTheLimitIsRefused() throws {
        try withFolder { folder in
            try makeFile("\(folder)/file", String(repeating: "x", count: 20_000))
            #expect(try readFile("\(folder)/file", limit: 20_000).count == 20_000)
            #expect(try errorNumber { _ = try readFile("\(folder)/file", limit: 19_999) } == EFBIG)
        }
    }

    @Test func removingWhatIsGoneIsFineAndAFullDirectoryIsNotRemoved() throws {
        try withFolder { folder in
            try removeEntry("\(folder)/gone")
            try makeDirectories("\(folder)/a/b")
            #expect(try errorNumber { try removeEntry("\(folder)/a") } == ENOTEMPTY)
        }
    }

    @Test func aLinkIsReplacedAndRead() throws {
        try withFolder { folder in
            try replaceLink("\(folder)/link", target: "first")
            try replaceLink("\(folder)/link", target: "second")
            #expect(linkTarget("\(folder)/link") == "second")
            #expect(exists("\(folder)/link"), "it dangles, but it is there")
            #expect(linkTarget(folder) == nil)
            #expect(FileInformation("\(folder)/none") == nil)
        }
    }
}
