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

    @Test func linksWithinItAreFollowedAndTheReasonIsSaidForOthers() async throws {
        let links = [
            "file": "a", "folder": "d", "out": "/etc/hostname", "gone": "nowhere", "round": ".", "d/up": "../d",
            "ring": "ring", "away": "/etc", "null": "/dev/null",
        ]
        try await with(["a", "d/b"], links: links) { path throws in
            #expect(mkfifo("\(path)/pipe", 0o600) == 0)
            let folder = try ProjectFolder(path)
            #expect(folder.files == ["a", "d/b", "file", "folder/b"])
            #expect(
                folder.leftOut == [
                    "away (a link out of the folder)", "d/up (a link to a folder that contains it)",
                    "folder/up (a link to a folder that contains it)", "gone (a link to nothing)",
                    "null (a link out of the folder)", "out (a link out of the folder)", "pipe (a FIFO)",
                    "ring (a link in a circle of links)", "round (a link to a folder that contains it)",
                ])
        }
    }

    @Test func foldersThatLinkToEachOtherAreSentOnceOnEachPath() async throws {
        try await with(["x/a", "y/b"], links: ["x/to": "../y", "y/to": "../x"]) { path throws in
            let folder = try ProjectFolder(path)
            #expect(folder.files == ["x/a", "x/to/b", "y/b", "y/to/a"])
            #expect(
                folder.leftOut == [
                    "x/to/to (a link to a folder that contains it)", "y/to/to (a link to a folder that contains it)",
                ])
        }
    }

    @Test func aLinkDoesNotSendWhatIsIgnored() async throws {
        let ignore = [".gitignore": "secret/\nlinked", "d/.gitignore": "*.key"]
        let links = ["public": "secret", "key": "d/a.key", "lib": "d", "linked": "d", "git": ".git"]
        let files = ["secret/a", "d/a.key", "d/b", ".git/HEAD"]
        try await with(files, ignore: ignore, links: links) { path throws in
            let folder = try ProjectFolder(path)
            #expect(folder.files == [".gitignore", "d/.gitignore", "d/b", "lib/.gitignore", "lib/b"])
            #expect(
                folder.leftOut == [
                    "git (a link to a folder that is not sent)", "key (a link to a file that is not sent)",
                    "public (a link to a folder that is not sent)",
                ])
        }
    }

    @Test func linksWithTooManyPathsAreRefused() async throws {
        let folders = (0..<9).map { "d\($0)" }
        var links: [String: String] = [:]
        for from in folders { for to in folders where from != to { links["\(from)/\(to)"] = "../\(to)" } }
        try await with(folders.map { "\($0)/f" }, links: links) { path throws in
            let error = refusal { _ = try ProjectFolder(path) }
            #expect(error?.message.contains("more than 1000 files, counted with those behind links") == true)
        }
    }

    @Test(arguments: [
        ("Cargo.toml", "cargo run"), ("go.mod", "go run ."), ("package.json", "npm start"), ("Makefile", "make"),
    ]) func aProjectWithoutAMainFileGetsAHintAtItsCommand(_ file: String, _ command: String) async throws {
        try await with([file, "src/main.rs"]) { path throws in
            let error = refusal { _ = try ProjectFolder(path).main(of: path) }
            #expect(error?.message.contains("its \(file): --command -- \(command)") == true)
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
