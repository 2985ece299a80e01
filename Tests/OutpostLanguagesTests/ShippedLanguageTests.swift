// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostLanguages
import Testing

struct ShippedLanguageTests {
    @Test func theShippedLanguagesAreThere() throws {
        #expect(try LanguageCatalog.load().names == ["bash", "go", "node", "python", "rust"])
    }

    @Test(arguments: [
        ("python", "python"), ("py", "python"), ("Python3", "python"), ("JavaScript", "node"), ("js", "node"),
        ("golang", "go"), ("rs", "rust"), ("sh", "bash"),
    ])
    func aLanguageIsFoundByNameAndAlias(asked: String, found: String) throws {
        #expect(try LanguageCatalog.load().language(named: asked).name == found)
    }

    @Test func anUnknownLanguageIsRefusedWithTheKnownOnes() throws {
        let catalog = try LanguageCatalog.load()
        #expect(catalog["cobol"] == nil)
        let error = try #require(throws: OutpostError.self) { _ = try catalog.language(named: "cobol") }
        #expect(error.code == .invalidRequest)
        #expect(error.details.map(\.parameter) == [.language])
        #expect(error.message == "language 'cobol' is not known; known are bash, go, node, python, rust")
    }

    @Test func anInterpreterGetsTheFileAndTheArguments() throws {
        let plan = try LanguageCatalog.load().language(named: "python")
            .plan(code: "print('ä')", directory: "/home/sandbox/run", arguments: ["--x", "{file}"])
        let file = SandboxFile(path: "/home/sandbox/run/main.py", content: Array("print('ä')".utf8), mode: 0o444)
        #expect(plan.files == [file])
        #expect(plan.compile == nil)
        #expect(plan.run.argv == ["/usr/bin/python3", "/home/sandbox/run/main.py", "--x", "{file}"])
        #expect(plan.run.environment.isEmpty)
    }

    @Test(arguments: [
        ("bash", "\u{feff}echo", "echo"), ("bash", "echo \u{feff}", "echo \u{feff}"), ("bash", "", ""),
        ("bash", "\u{feff}", ""), ("bash", "\u{feff}\u{feff}x", "\u{feff}x"),
        ("bash", "\u{feff}#!/bin/bash\n", "#!/bin/bash\n"),
        ("bash", "\u{fffe}x", "\u{fffe}x"), ("python", "\u{feff}x", "\u{feff}x"), ("node", "\u{feff}x", "\u{feff}x"),
        ("rust", "\u{feff}x", "\u{feff}x"), ("go", "\u{feff}package main", "//line /w/main.go:1:1\npackage main"),
    ])
    func aByteOrderMarkGoesWhereItWouldBeAnError(language: String, code: String, content: String) throws {
        let plan = try LanguageCatalog.load().language(named: language)
            .plan(code: code, directory: "/d", workingDirectory: "/w")
        #expect(plan.files[0].content == Array(content.utf8))
    }

    /// The directory is the client's, and JSON and Go's comments have a grammar.
    @Test(arguments: [
        ("/w", "//line /w/main.go:1:1\n"), ("/a b/c", "//line /a b/c/main.go:1:1\n"), ("/a\nb", ""), ("/a\tb", ""),
        ("/a\"b", "//line /a\"b/main.go:1:1\n"), ("/a\\b", "//line /a\\b/main.go:1:1\n"),
        ("/é", "//line /é/main.go:1:1\n"),
        ("/a:1", "//line /a:1/main.go:1:1\n"), ("/\u{1f600}", "//line /\u{1f600}/main.go:1:1\n"), ("/a\rb", ""),
    ])
    func goSeesItsSourceInAnyWorkingDirectory(directory: String, line: String) throws {
        let plan = try LanguageCatalog.load().language(named: "go")
            .plan(code: "package main", directory: "/o" + directory, made: "/o/.made", workingDirectory: directory)
        #expect(plan.files[0].content == Array((line + "package main").utf8))
        let overlay = try JSONSerialization.jsonObject(with: Data(plan.files[1].content))
        #expect(overlay as? [String: [String: String]] == ["Replace": ["main.go": "/o\(directory)/main.go"]])
        #expect(plan.compile?.argv.suffix(3) == ["-overlay=/o/.made/overlay.json", "-o", "/o/.made/main"])
    }

    @Test func aCompilerWritesWhatRuns() throws {
        let plan = try LanguageCatalog.load().language(named: "rust")
            .plan(code: "fn main() {}", directory: "/d", arguments: ["a"])
        let compile = try #require(plan.compile)
        #expect(compile.argv.first == "/usr/bin/rustc")
        #expect(compile.argv.suffix(3) == ["-o", "/d/main", "/d/main.rs"])
        #expect(compile.timeoutMilliseconds == 60_000)
        #expect(compile.memoryMiB == 1024)
        #expect(compile.argv.contains("--remap-path-prefix=/d=/d"))
        #expect(plan.run.argv == ["/d/main", "a"])
        #expect(plan.run.timeoutMilliseconds == nil)
    }

    @Test(arguments: [(String?.none, "/d/.cache"), ("/home/sandbox/.cache", "/home/sandbox/.cache")])
    func goKeepsItsCachesInScratchAndOutOfTheProgramsSight(scratch: String?, expected: String) throws {
        let plan = try LanguageCatalog.load().language(named: "go")
            .plan(code: "package main", directory: "/d", scratch: scratch)
        let environment = try #require(plan.compile).environment
        #expect(environment.contains(EnvironmentVariable(name: "GOCACHE", value: "\(expected)/go-build")))
        #expect(environment.contains(EnvironmentVariable(name: "GOTOOLCHAIN", value: "local")))
        #expect(plan.run.environment.isEmpty)
    }

    @Test(arguments: [
        ("Python 3.11.2\n", "3.11.2"), ("v20.20.2\n", "20.20.2"), ("go version go1.19.8 linux/amd64", "1.19.8"),
        ("rustc 1.63.0", "1.63.0"), ("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)", "5.2.15"),
        ("\nThis is perl 5, version 36, subversion 0 (v5.36.0) built for", "5.36.0"),
        ("ruby 3.1.2p20 (2022-04-12 revision 4491bb740a)", "3.1.2"), ("ends with 7. Then 8.1.", "8.1"),
        ("none ...", nil), ("", nil),
    ])
    func aVersionIsTheFirstDottedNumber(output: String, version: String?) throws {
        #expect(try LanguageCatalog.load().language(named: "bash").toolchain.version(in: output) == version)
    }
}
