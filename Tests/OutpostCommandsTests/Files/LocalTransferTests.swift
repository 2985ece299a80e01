// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import OutpostCore
import OutpostTar
import OutpostTesting
import Testing

@testable import OutpostCommands

/// Copies between this machine and a sandbox, without a server.
struct LocalTransferTests {
    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    private func unpack(_ archive: [UInt8], into folder: String) throws -> LocalUnpacking {
        var unpacking = LocalUnpacking(into: try LocalFolder(folder))
        do {
            for start in stride(from: 0, to: archive.count, by: 777) {
                try unpacking.take(Array(archive[start..<min(archive.count, start + 777)]))
            }
            try unpacking.finish()
        } catch {
            unpacking.cancel()
            throw error
        }
        return unpacking
    }

    private func archive(_ entries: [(TarEntry, String)]) throws -> [UInt8] {
        var writer = TarWriter()
        var bytes: [UInt8] = []
        for (entry, content) in entries {
            var entry = entry
            if entry.kind == .file { entry.size = UInt64(content.utf8.count) }
            bytes += try writer.begin(entry)
            bytes += Array(try writer.content(Array(content.utf8)[...]))
            bytes += try writer.end()
        }
        return try bytes + writer.finish()
    }

    private func entry(_ path: String, _ kind: TarKind = .file, mode: UInt32 = 0o644) -> TarEntry {
        TarEntry(path: Array(path.utf8), kind: kind, mode: mode)
    }

    @Test func aFolderComesBackAsItWas() async throws {
        try await TemporaryDirectory.with { folder in
            let manager = FileManager.default
            try manager.createDirectory(atPath: folder + "/old/a/b", withIntermediateDirectories: true)
            try manager.createDirectory(atPath: folder + "/new", withIntermediateDirectories: true)
            try write("x", folder + "/old/a/file")
            try write(String(repeating: "y", count: 600_000), folder + "/old/a/b/large")
            try write("", folder + "/old/empty")
            chmod(folder + "/old/a/file", 0o755)
            symlink("a/file", folder + "/old/link")
            symlink("/etc/passwd", folder + "/old/out")
            symlink("../../outside", folder + "/old/a/up")
            mkfifo(folder + "/old/pipe", 0o600)
            let tree = try LocalTree(folder + "/old")
            var bytes: [UInt8] = []
            while let part = try tree.next() { bytes += part }
            #expect(tree.leftOut.count == 3)
            let unpacking = try unpack(bytes, into: folder + "/new")
            #expect(unpacking.entries == 6 && unpacking.leftOut.isEmpty)
            #expect(
                try manager.subpathsOfDirectory(atPath: folder + "/new").sorted() == [
                    "a", "a/b", "a/b/large", "a/file", "empty", "link",
                ])
            #expect(try text(folder + "/new/link") == "x")
            #expect(try text(folder + "/new/a/b/large").count == 600_000)
            #expect(access(folder + "/new/a/file", X_OK) == 0)
        }
    }

    @Test func anArchiveFromASandboxNeverLeavesTheFolder() async throws {
        try await TemporaryDirectory.with { folder in
            let inside = folder + "/inside"
            try FileManager.default.createDirectory(atPath: inside, withIntermediateDirectories: true)
            try write("kept", folder + "/victim")
            symlink("..", inside + "/planted")
            let hostile: [[(TarEntry, String)]] = [
                [(entry("../victim"), "bad")], [(entry("/victim"), "bad")], [(entry("a/../../victim"), "bad")],
                [(entry("planted/victim"), "bad")],
            ]
            for entries in hostile {
                #expect(throws: OutpostError.self) { _ = try unpack(try archive(entries), into: inside) }
            }
            let odd = try archive([
                (entry("out", .symbolicLink(target: Array("../victim".utf8))), ""),
                (entry("etc", .symbolicLink(target: Array("/etc".utf8))), ""),
                (entry("name", .hardLink(target: Array("planted/victim".utf8))), ""), (entry("pipe", .fifo), ""),
                (entry("null", .characterDevice(TarDevice(major: 1, minor: 3))), ""),
                (entry("good", mode: 0o6755), "good"), (entry("planted"), "a file now"),
            ])
            let unpacking = try unpack(odd, into: inside)
            #expect(unpacking.leftOut == ["out", "etc", "name", "pipe", "null"])
            #expect(try text(folder + "/victim") == "kept")
            #expect(try text(inside + "/good") == "good" && text(inside + "/planted") == "a file now")
            var status = stat()
            #expect(stat(inside + "/good", &status) == 0 && status.st_mode & 0o7777 == 0o755)
            #expect(try FileManager.default.contentsOfDirectory(atPath: inside).sorted() == ["good", "planted"])
        }
    }

    @Test func anArchiveThatIsCutOffLeavesNoHalfFile() async throws {
        try await TemporaryDirectory.with { folder in
            let whole = try archive([(entry("a"), "1"), (entry("b"), String(repeating: "2", count: 5000))])
            let error = #expect(throws: OutpostError.self) { _ = try unpack(Array(whole.prefix(4000)), into: folder) }
            #expect(error?.code == .unavailable)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        }
    }

    @Test func aPlaceInASandboxIsAnIDAndAPath() throws {
        let id = "sbx_0123456789ab"
        #expect(SandboxPath(argument: "\(id):/a:b")?.path == "/a:b")
        #expect(SandboxPath(argument: "\(id):")?.path == ".")
        for text in ["", "a", "a:b", "/\(id):b", "\(id)", "C:\\x"] { #expect(SandboxPath(argument: text) == nil) }
        #expect(try sandboxPath(id).path == ".")
        #expect(throws: (any Error).self) { try sandboxPath("a:b") }
        #expect(lastName("/a/b/") == "b" && lastName("/") == nil && lastName("a/..") == nil)
    }

    @Test func oneSideOfACopyIsInASandbox() throws {
        let place = "sbx_0123456789ab:x"
        _ = try SandboxCopyCommand.parse(["a", place])
        _ = try SandboxCopyCommand.parse([place, "a"])
        #expect(throws: (any Error).self) { try SandboxCopyCommand.parse(["a", "b"]) }
        #expect(throws: (any Error).self) { try SandboxCopyCommand.parse([place, place]) }
    }

    @Test func theProgressFitsTheTerminal() {
        let line = TransferProgress.line("data", 512 << 20, of: 1 << 30, after: .seconds(2), width: 80)
        #expect(line == "data  [##########          ]  50 %  512.0 MiB  256.0 MiB/s")
        #expect(TransferProgress.line("data", 100, of: nil, after: .seconds(1), width: 80) == "data  100 B  100 B/s")
        #expect(TransferProgress.line("da\nta", 1 << 50, of: 1, after: .zero, width: 20).count == 19)
    }
}
