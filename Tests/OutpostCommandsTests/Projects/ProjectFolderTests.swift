// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostTesting
import Testing

@testable import OutpostCommands

@Suite struct ProjectFolderTests {
    /// A folder with these files, empty but for `.gitignore` files.
    private func with<Result>(
        _ files: [String], ignore: [String: String] = [:], links: [String: String] = [:],
        _ body: (String) throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with { path in
            for file in files + ignore.keys {
                let url = URL(fileURLWithPath: "\(path)/\(file)")
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data((ignore[file] ?? "").utf8).write(to: url)
            }
            for (link, target) in links {
                try FileManager.default.createSymbolicLink(atPath: "\(path)/\(link)", withDestinationPath: target)
            }
            return try body(path)
        }
    }

    @Test(arguments: [
        ([String](), [String: String](), [String]()),
        (["a", "b/c", ".hidden"], [:], [".hidden", "a", "b/c"]),
        ([".git/HEAD", "a"], [:], ["a"]),
        (["a.pyc", "a.py"], [".gitignore": "*.pyc"], [".gitignore", "a.py"]),
        (["node_modules/x/y", "a"], [".gitignore": "node_modules/"], [".gitignore", "a"]),
        (["out/a", "sub/out/b"], [".gitignore": "/out"], [".gitignore", "sub/out/b"]),
        (["sub/a.log", "a.log"], ["sub/.gitignore": "*.log"], ["a.log", "sub/.gitignore"]),
        (["a.log", "b.log"], [".gitignore": "*.log\n!b.log"], [".gitignore", "b.log"]),
        (["d/keep", "d/other"], [".gitignore": "d/*\n!d/keep"], [".gitignore", "d/keep"]),
        // What is in a folder that is left out cannot be taken in again (gitignore(5)).
        (["d/keep"], [".gitignore": "d/\n!d/keep"], [".gitignore"]),
        (["sub/deep/a.o", "sub/deep/a.c"], [".gitignore": "**/deep/*.o"], [".gitignore", "sub/deep/a.c"]),
    ]) func whatBelongsToIt(_ files: [String], _ ignore: [String: String], _ sent: [String]) async throws {
        try await with(files, ignore: ignore) { path throws in #expect(try ProjectFolder(path).files == sent) }
    }

    @Test func patternsCountInAFileThatIsNotUTF8() async throws {
        try await with([".env", "a"]) { path throws in
            try Data([0xFF, 0xE9] + Array("\n.env\n".utf8)).write(to: URL(fileURLWithPath: "\(path)/.gitignore"))
            #expect(try ProjectFolder(path).files == [".gitignore", "a"])
        }
    }

    @Test func aFolderNamedAsThePatternsHasNone() async throws {
        try await with([".gitignore/a", "b"]) { path throws in
            #expect(try ProjectFolder(path).files == [".gitignore/a", "b"])
        }
    }

    @Test func linksToFilesOfItAreTheseAndOthersAreLeftOut() async throws {
        let links = ["file": "a", "folder": "d", "out": "/etc/hostname", "gone": "nowhere", "round": "."]
        try await with(["a", "d/b"], links: links) { path throws in
            let folder = try ProjectFolder(path)
            #expect(folder.files == ["a", "d/b", "file"])
            #expect(folder.leftOut == ["folder", "gone", "out", "round"])
        }
    }

    private func refusal(_ body: () throws -> Void) -> OutpostError? {
        #expect(throws: OutpostError.self) { try body() }
    }

    @Test func moreFilesThanARequestMayHaveAreRefused() async throws {
        try await with((0...1000).map { "f\($0)" }) { path throws in
            let error = refusal { _ = try ProjectFolder(path) }
            #expect(error?.message.contains("has 1001 files, but at most 1000 can be sent") == true)
        }
        try await with((0..<1000).map { "f\($0)" }) { path throws in
            #expect(try ProjectFolder(path).files.count == 1000)
        }
    }

    @Test(arguments: [
        (["main.py", "b.py"], "main.py"), (["index.js", "lib/main.py"], "index.js"),
        (["main.go", "util.go"], "main.go"),
        (["main.sh"], "main.sh"), (["__main__.py", "x"], "__main__.py"),
    ]) func itBeginsInItsMainFile(_ files: [String], _ main: String) async throws {
        try await with(files) { path throws in #expect(try ProjectFolder(path).main(of: path) == main) }
    }

    @Test(arguments: [
        ([String](), "no main file"), (["src/main.py"], "no main file"),
        (["main.py", "main.go"], "several main files"),
    ]) func oneWithoutASingleMainFileIsRefused(_ files: [String], _ words: String) async throws {
        try await with(files) { path throws in
            let error = refusal { _ = try ProjectFolder(path).main(of: path) }
            #expect(error?.message.contains(words) == true)
        }
    }
}
