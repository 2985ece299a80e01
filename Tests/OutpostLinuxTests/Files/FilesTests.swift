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

    @Test func aCopyOfALinkReplacesAFileInOneStep() throws {
        try withFolder { folder in
            // No UTF-8, and the longest that the kernel allows.
            for target in [[0xFF, 0x2F, 0xE9], [UInt8](repeating: 0x61, count: 4095)] {
                try removeEntry("\(folder)/link")
                let text = target.map { CChar(bitPattern: $0) } + [0]
                try #require(symlink(text, "\(folder)/link") == 0)
                try copyLink("\(folder)/link", to: "\(folder)/copy", token: 7)
                #expect(try Folder(folder).target(of: Array("copy".utf8)) == target)
            }
            #expect(try entries(of: folder) == ["copy", "link"])
        }
    }

    @Test func aCopyOfALinkThatFailsLeavesAllAsItWas() throws {
        try withFolder { folder in
            try replaceLink("\(folder)/link", target: "x")
            try makeDirectory("\(folder)/other")
            #expect(try errorNumber { try copyLink("\(folder)/link", to: "\(folder)/other", token: 7) } == EISDIR)
            #expect(try errorNumber { try copyLink("\(folder)/other", to: "\(folder)/new", token: 7) } == EINVAL)
            #expect(try entries(of: folder) == ["link", "other"])
        }
    }
}
