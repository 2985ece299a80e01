// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostLanguages
import Testing

struct OperatorManifestTests {
    @Test func anOperatorsManifestAddsALanguageAndReplacesAShippedOne() throws {
        let python = """
            name: python
            file: program.py
            run: [/usr/local/bin/python3, -u, "{file}"]
            environment: {PYTHONUNBUFFERED: 1, CACHE: "{scratch}/c{directory}"}
            image: "python:3.13"
            detect: {program: /usr/local/bin/python3, version: [/usr/local/bin/python3, -V], install: ask us}
            """
        let files = ["a.yaml": manifest(), "b.yaml": python, "notes.txt": "not: [a manifest"]
        try withFolder(of: files) { folder in
            let catalog = try LanguageCatalog.load(directory: folder)
            #expect(catalog.names == ["bash", "go", "node", "python", "rust", "x"])
            let language = try catalog.language(named: "python")
            #expect(language.image == "python:3.13")
            #expect(language.toolchain.install == "ask us")
            #expect(catalog["py"] == nil)
            let run = language.plan(code: "", directory: "/d", scratch: "/s").run
            #expect(run.argv == ["/usr/local/bin/python3", "-u", "/d/program.py"])
            #expect(
                run.environment == [
                    EnvironmentVariable(name: "PYTHONUNBUFFERED", value: "1"),
                    EnvironmentVariable(name: "CACHE", value: "/s/c/d"),
                ])
        }
    }

    @Test func bracesThatAreNoPlaceholdersStay() throws {
        try withFolder(of: ["x.yaml": manifest(run: #"run: [/usr/bin/awk, "{ print } {} {1} {{file}}", "{"]"#)]) {
            folder in
            let plan = try LanguageCatalog.load(directory: folder).language(named: "x").plan(code: "", directory: "/d")
            #expect(plan.run.argv == ["/usr/bin/awk", "{ print } {} {1} {/d/main.x}", "{"])
        }
    }

    @Test(arguments: [
        ("", "x.yaml: the manifest is empty"),
        ("- a", "x.yaml, line 1: the manifest must be a mapping of keys to values"),
        ("name: [x", "x.yaml, line 2: the manifest is not YAML: "),
        ("name: x\nname: y", "name occurs more than once"),
        ("name: X", "x.yaml, line 1: name must be at most 32 lower-case letters"),
        ("name: x", "x.yaml, line 1: the manifest lacks file"),
        (manifest("shell: zsh"), "x.yaml, line 5: shell is not known here; known are aliases, compile, "),
        (manifest("aliases: y"), "x.yaml, line 5: aliases must be a list"),
        (manifest("aliases: [y, [z]]"), "x.yaml, line 5: aliases[1] must be text"),
        (manifest("image:"), "x.yaml, line 5: image must not be empty"),
        (manifest(file: "file: ../main.x"), "x.yaml, line 2: file must be a file's name without a folder"),
        (manifest(run: "run: x {file}"), "x.yaml, line 3: run must be a list"),
        (manifest(run: "run: []"), "x.yaml, line 3: run must be a list that starts with a program's absolute path"),
        (manifest(run: "run: [x]"), "x.yaml, line 3: run must be a list that starts with a program's absolute path"),
        (manifest(run: "run:\n- /x\n- '{fiel}'"), "x.yaml, line 5: run[1] has {fiel}, which is not a placeholder"),
        (
            manifest(run: "run: ['{output}']"),
            "x.yaml, line 3: run has {output}, but the manifest has no compile step that makes it"
        ),
        (manifest("compile:\n  timeout_ms: 1"), "x.yaml, line 6: compile lacks command"),
        (
            manifest("compile:\n  command: [/x]\n  timeout_ms: 0"),
            "x.yaml, line 7: compile.timeout_ms must be a whole number above 0"
        ),
        (
            manifest("compile:\n  command: [/x]\n  memory_mb: lots"),
            "x.yaml, line 7: compile.memory_mb must be a whole number above 0"
        ),
        (manifest("environment: {A=B: 1}"), "x.yaml, line 5: environment.A=B must not have a = in its name"),
        (manifest("environment: {A: [1]}"), "x.yaml, line 5: environment.A must be text"),
        (
            manifest("file_by_syntax:\n- {file: a, when_matches: '('}"),
            "x.yaml, line 6: file_by_syntax[0].when_matches is not a regular expression"
        ),
        (
            manifest("file_by_syntax:\n- {file: a}"),
            "x.yaml, line 6: file_by_syntax[0] must have one of when_matches and when_matches_outside_functions"
        ),
        (
            "name: x\nfile: y\nrun: [/x]\ndetect:\n  program: x",
            "x.yaml, line 5: detect.program must be an absolute path"
        ),
    ])
    func anErrorNamesFileLineAndField(yaml: String, message: String) throws {
        try withFolder(of: ["x.yaml": yaml]) { folder in
            let error = try #require(throws: OutpostError.self) { _ = try LanguageCatalog.load(directory: folder) }
            #expect(error.code == .invalidRequest)
            #expect(error.message.hasPrefix(folder + "/x.yaml"), "\(error)")
            #expect(error.message.contains(message), "\(error)")
        }
    }

    @Test func aNameBelongsToOneLanguage() throws {
        try withFolder(of: ["x.yaml": manifest("aliases: [js]")]) { folder in
            let error = try #require(throws: OutpostError.self) { _ = try LanguageCatalog.load(directory: folder) }
            #expect(error.message == "the languages node and x both claim the name js")
        }
        try withFolder(of: ["x.yaml": manifest(), "y.yaml": manifest()]) { folder in
            let error = try #require(throws: OutpostError.self) { _ = try LanguageCatalog.load(directory: folder) }
            #expect(error.message == "\(folder)/x.yaml and \(folder)/y.yaml both describe x")
        }
    }

    @Test func aFolderOrFileThatCannotBeReadIsNamed() throws {
        try withFolder(of: [:]) { folder in
            let missing = try #require(throws: OutpostError.self) {
                _ = try LanguageCatalog.load(directory: folder + "/none")
            }
            #expect(missing.message.hasPrefix(folder + "/none: "))
            let broken = folder + "/broken.yaml"
            try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: broken))
            let unreadable = try #require(throws: OutpostError.self) {
                _ = try LanguageCatalog.load(directory: folder)
            }
            #expect(unreadable.message.hasPrefix(broken), "\(unreadable)")
        }
    }
}
