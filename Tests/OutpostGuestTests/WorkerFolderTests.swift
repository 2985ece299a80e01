// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostGuest

/// Folders and links that a worker makes, moves and watches.
struct WorkerFolderTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let path = "/tmp/outpost-worker-\(UInt64.random(in: 0...(.max)))"
        try makeDirectory(path, mode: 0o700)
        let outcome = Result { try body(path) }
        try removeTree(path)
        try outcome.get()
    }

    private func makeFolder(_ path: String, mode: UInt32, makesParents: Bool) throws {
        _ = try WorkerOperation.makeFolder(path: path, mode: mode, makesParents: makesParents).begin(1)
    }

    @Test func aFolderOfSomebodyElseKeepsItsMode() throws {
        try withFolder { folder in
            try makeFolder("\(folder)/a/b", mode: 0o750, makesParents: true)
            #expect(FileInformation("\(folder)/a/b")?.mode == 0o750)
            try makeFolder("\(folder)/a/b", mode: 0o777, makesParents: true)
            #expect(FileInformation("\(folder)/a/b")?.mode == 0o750)
            #expect(throws: SystemError.self) { try makeFolder("\(folder)/a/b", mode: 0o777, makesParents: false) }
            #expect(FileInformation("\(folder)/a/b")?.mode == 0o750)
            try writeFile("\(folder)/file", "", flags: [.writeOnly, .create], mode: 0o600)
            #expect(throws: SystemError.self) { try makeFolder("\(folder)/file", mode: 0o777, makesParents: true) }
            #expect(FileInformation("\(folder)/file")?.mode == 0o600)
        }
    }

    @Test func aLinkIsMovedToAnotherFileSystem() throws {
        try withFolder { folder in
            let target = "/dev/shm/outpost-worker-\(UInt64.random(in: 0...(.max)))"
            try makeDirectory(target, mode: 0o700)
            defer { try? removeTree(target) }
            try replaceLink("\(folder)/link", target: "to/nothing")
            try writeFile("\(target)/link", "old", flags: [.writeOnly, .create], mode: 0o600)
            _ = try FileMove.begin(1, from: "\(folder)/link", to: "\(target)/link")
            #expect(linkTarget("\(target)/link") == "to/nothing")
            #expect(try entries(of: target) == ["link"])
            #expect(!exists("\(folder)/link"))
        }
    }

    @Test func aFileKeepsItsModeAndTimeOnAnotherFileSystem() throws {
        try withFolder { folder in
            let target = "/dev/shm/outpost-worker-\(UInt64.random(in: 0...(.max)))"
            defer { try? removeEntry(target) }
            let draft = try DraftFile(
                "\(folder)/file", mode: 0o640, modified: 1_234_567_890_123_456_789, isNew: true, token: 1)
            try draft.append([1, 2, 3])
            let old = try draft.finish()
            guard case .task(var move, _) = try FileMove.begin(1, from: "\(folder)/file", to: target) else {
                Issue.record("both folders are on one file system")
                return
            }
            while move.canProceed { _ = move.proceed() }
            let new = try #require(FileInformation(target))
            #expect(new.mode == 0o640 && new.size == 3)
            #expect(new.modified == old.modified && new.modified == 1_234_567_890_123_456_789)
            #expect(!exists("\(folder)/file"))
        }
    }

    /// Names are bytes. These are no UTF-8.
    @Test func foldersWithAnyNameAreWatched() throws {
        try withFolder { folder in
            let (old, new): ([UInt8], [UInt8]) = ([0xFF, 0x61], [0xE9, 0x62])
            try makeFolder(folder, old)
            let watch = try FolderWatch()
            var tree = try WatchedTree(folder, watch, isRecursive: true)
            try makeFolder(folder, old + Array("/in".utf8))
            try makeFolder(folder, new)
            var changes = tree.changes(try watch.read())
            #expect(changes.map(\.path).contains(old + Array("/in".utf8)))
            #expect(changes.map(\.path).contains(new))
            try makeFolder(folder, new + Array("/late".utf8))
            changes = tree.changes(try watch.read())
            #expect(changes.map(\.path) == [new + Array("/late".utf8)])
            for name in [old + Array("/in".utf8), old, new + Array("/late".utf8), new] {
                try #require(rmdir(text(folder, name)) == 0)
            }
        }
    }

    private func makeFolder(_ root: String, _ name: [UInt8]) throws {
        try #require(mkdir(text(root, name), 0o700) == 0)
    }

    private func text(_ root: String, _ name: [UInt8]) -> [CChar] {
        (Array("\(root)/".utf8) + name).map { CChar(bitPattern: $0) } + [0]
    }
}
