// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCommands

struct LanguageGuessTests {
    @Test(arguments: [
        ("a.py", "python"), ("a.js", "node"), ("a.mjs", "node"), ("a.cjs", "node"), ("dir.d/a.go", "go"),
        ("a.rs", "rust"), ("a.sh", "bash"), ("A.PY", "python"), ("archive.tar.py", "python"),
    ])
    func theFilesNameTellsTheLanguage(path: String, language: String) {
        #expect(LanguageGuess(path: path, code: "").language == language)
    }

    @Test(arguments: [
        ("#!/usr/bin/python3\nx", "python"), ("#!/usr/bin/env python3.11\n", "python"), ("#! /bin/sh -e\n", "bash"),
        ("#!/usr/bin/env -S node --flag", "node"), ("#!/usr/bin/env A=1 bash\r\n", "bash"),
        ("#!/usr/local/bin/perl", "perl"),
    ])
    func theFirstLineTellsTheLanguage(code: String, language: String) {
        #expect(LanguageGuess(path: nil, code: code).language == language)
        #expect(LanguageGuess(path: "script.unknown", code: code).language == language)
    }

    @Test func theNameWinsOverTheFirstLine() {
        #expect(LanguageGuess(path: "a.py", code: "#!/bin/sh\n").language == "python")
    }

    @Test func anUnknownExtensionIsLeftToTheServer() {
        let guess = LanguageGuess(path: "a.rb", code: "puts 1")
        #expect(guess.language == nil)
        #expect(guess.fileExtension == "rb")
    }

    @Test(arguments: ["script", ".py", "dir.py/script", "name."])
    func aNameWithoutExtensionTellsNothing(path: String) {
        #expect(LanguageGuess(path: path, code: "# no shebang") == LanguageGuess(path: nil, code: ""))
    }

    @Test(arguments: ["#!", "#!\n", "#!/usr/bin/env", " #!/bin/sh", "x\n#!/bin/sh"])
    func whatIsNoShebangTellsNothing(code: String) {
        #expect(LanguageGuess(path: nil, code: code).language == nil)
    }
}
